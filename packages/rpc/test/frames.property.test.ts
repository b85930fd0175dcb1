// Whatever happens to calls and connections, in whatever order: each call is settled once, with its own answer or an honest
// error, and no plain write is done twice.

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type RpcError, type RpcServer } from '../src/index.ts';
import { call, Seen, serve, silent } from './echo.ts';
import { Proxy } from './proxy.ts';

/** Most calls wait for their answer. */
const seldom = (max: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max }) },
  );

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      how: fc.constantFrom('read', 'write', 'keyed'),
      workMs: fc.integer({ min: 0, max: 15 }),
      cancelAfterMs: seldom(20),
      timeoutMs: seldom(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 10 }) }),
  },
);

const seen = new Seen();
let server: RpcServer;
let proxy: Proxy;
let made = 0;

beforeAll(async () => {
  server = await serve(seen);
  proxy = await new Proxy(server.port).listen();
});
afterAll(async () => {
  proxy.close();
  await server.stop({ graceMs: 100 });
});

test(
  'calls, answers, cancellations and breaks in any order never mix up or lose an answer',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 120 }), async (steps) => {
        const channel = connect({ address: `127.0.0.1:${proxy.port}`, log: silent });
        await call(channel, 'Read', { text: 'first' });
        const outcomes: Promise<void>[] = [];
        let cuts = 0;
        for (const next of steps) {
          if (next.kind === 'wait') await sleep(next.ms);
          else if (next.kind === 'cut') {
            cuts++;
            proxy.cut();
          } else outcomes.push(check(next));
        }

        async function check({
          how,
          workMs,
          cancelAfterMs,
          timeoutMs,
        }: Extract<(typeof steps)[number], { kind: 'call' }>) {
          const text = `sleep ${workMs} ${made++}`;
          const aborter = new AbortController();
          if (cancelAfterMs !== undefined) setTimeout(() => aborter.abort(), cancelAfterMs);
          const options = {
            ...(how === 'keyed' && { metadata: { 'idempotency-key': text.replaceAll(' ', '-') } }),
            ...(timeoutMs !== undefined && { deadline: Date.now() + timeoutMs }),
            signal: aborter.signal,
          };
          const outcome = await call(
            channel,
            how === 'read' ? 'Read' : 'Write',
            { text, n: 7 },
            options,
          ).catch((error: RpcError) => error.code);
          const handled = seen.times.get(text) ?? 0;
          if (how === 'write') expect(handled).toBeLessThanOrEqual(1);
          if (typeof outcome === 'object') {
            expect(outcome).toEqual({ text, n: 7 });
            expect(handled).toBeGreaterThan(0);
          } else if (outcome === 'CANCELLED') expect(cancelAfterMs).toBeDefined();
          else if (outcome === 'DEADLINE_EXCEEDED') expect(timeoutMs).toBeDefined();
          else {
            expect(outcome).toBe('UNAVAILABLE');
            expect(cuts).toBeGreaterThanOrEqual(how === 'write' ? 1 : 3);
          }
        }

        const all = Promise.all(outcomes);
        expect(await Promise.race([all.then(() => 'settled'), sleep(4000, 'lost')])).toBe('settled');
        expect(await call(channel, 'Read', { text: 'last' })).toMatchObject({ text: 'last' });
        channel.close();
      }),
      { numRuns: 60, endOnFailure: true },
    );
  },
);
