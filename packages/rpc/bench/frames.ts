// Calls a second over frames against one HTTP/2 stream for each call, with 64 callers, client and server in processes of their own.
// Run: node packages/rpc/bench/frames.ts

import { fork } from 'node:child_process';
import { connect } from '../src/index.ts';
import { call, Seen, serve, silent } from '../test/echo.ts';

const CALLERS = 64;
const ROUND_MS = 2000;
const ROUNDS = 5;

if (process.argv[2] === 'server') {
  const server = await serve(new Seen({ remember: false }));
  process.send?.(server.port);
} else {
  const child = fork(import.meta.filename, ['server']);
  const port = await new Promise<number>((resolve) =>
    child.once('message', (message) => resolve(message as number)),
  );
  const ways = { frames: true, unary: false };
  const rates = new Map<string, number[]>();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, frames] of Object.entries(ways)) {
      const rate = await measure(port, frames);
      if (round > 0) rates.set(name, [...(rates.get(name) ?? []), rate]); // the first one warms up
    }
  }
  for (const [name, all] of rates) {
    const sorted = all.toSorted((a, b) => a - b);
    console.log(`${name}: median ${sorted[Math.floor(sorted.length / 2)]} calls/s (${sorted.join(' ')})`);
  }
  child.kill();
}

async function measure(port: number, frames: boolean): Promise<number> {
  const channel = connect({ address: `127.0.0.1:${port}`, log: silent, frames });
  const metadata = { authorization: 'Bearer 0123456789abcdef', 'x-request-id': 'a-request-of-the-benchmark' };
  await call(channel, 'Read', { text: 'warm' });
  const until = Date.now() + ROUND_MS;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (Date.now() < until) {
      await call(
        channel,
        'Read',
        { text: 'some.domain.example', n: 7 },
        { metadata, deadline: Date.now() + 30_000 },
      );
      calls++;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  channel.close();
  return Math.round(calls / (ROUND_MS / 1000));
}
