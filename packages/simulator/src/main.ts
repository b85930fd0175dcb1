// `npm run simulate -- --hosts N [OPTION…]`: simulated eggs against a running server. Ends with status 0, with 1 where the protocol was
// broken or the simulation could not be made, with 2 where it was asked for wrongly.

import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { describeProgress, describeSummary } from './describe.ts';
import { simulate } from './simulate.ts';
import type { Summary } from './summary.ts';

/** Where nobody looks at a terminal, a line every so often is enough. */
const LINE_MS = 5000;

const told = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => told.abort());

const isLive = process.stderr.isTTY;
/** Over the line before. */
const clear = isLive ? '\r\u001b[2K' : '';

process.exitCode = await main();

async function main(): Promise<number> {
  let args: Arguments | undefined;
  try {
    args = readArguments(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`);
    return 2;
  }
  if (args === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  try {
    const summary = await simulate({
      ...args.options,
      signal: told.signal,
      progressMs: isLive ? 500 : LINE_MS,
      onProgress: showProgress,
      onEnrolled: showProgress,
      onViolation: (kind, message) => process.stderr.write(`${clear}VIOLATION ${kind}: ${message}\n`),
    });
    process.stderr.write(clear);
    process.stdout.write(`${args.json ? JSON.stringify(summary) : describeSummary(summary)}\n`);
    return summary.violations.total > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${clear}${(error as Error).message}\n`);
    return error instanceof RangeError ? 2 : 1;
  }
}

function showProgress(summary: Summary): void {
  const line = describeProgress(summary);
  const width = (process.stderr.columns || 80) - 1;
  process.stderr.write(isLive ? `${clear}${line.slice(0, width)}` : `${line}\n`);
}
