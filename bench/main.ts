// `npm run bench [-- NAME…] [--rounds=N] [--profile=DIR]`: measures the cases whose names contain one of the words, all by default,
// and prints their figures. It never judges: how fast something is depends on the machine and on who else uses it.

import { parseArgs } from 'node:util';
import { CASES } from './cases/index.ts';
import { describeMachine } from './machine.ts';
import { run } from './runner.ts';
import { startStack } from './stack.ts';
import { describe } from './table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' }, profile: { type: 'string' } },
});
const rounds = Number(values.rounds);
const wanted = Object.entries(CASES).filter(
  ([name]) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
);
if (wanted.length === 0 || !Number.isInteger(rounds) || rounds < 1) {
  console.error(
    `usage: npm run bench [-- NAME…] [--rounds=N] [--profile=DIR]\ncases: ${Object.keys(CASES).join(', ')}`,
  );
  process.exit(2);
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const stack = await startStack({
  log: say,
  ...(values.profile !== undefined && { profileDir: values.profile }),
});
try {
  const cases = [];
  for (const [, prepare] of wanted) cases.push(await prepare(stack));
  const comparisons = await run(cases, {
    rounds,
    signal: interrupted.signal,
    onRound: (round, { name }) =>
      say(round === 0 ? `warming up: ${name}` : `round ${round} of ${rounds}: ${name}`),
  });
  console.log(
    `\n${describe(comparisons)}\n\nmedians of ${rounds} interleaved rounds; a ratio is that of the same round`,
  );
  console.log(describeMachine(stack));
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  say(String(interrupted.signal.reason));
  process.exitCode = 1;
} finally {
  await stack.stop();
}
