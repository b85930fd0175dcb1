import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RpcError } from '@egg/rpc/errors';
import { Batches } from './batches.ts';

interface Item {
  readonly key: number;
  readonly value: number;
}

const soon = (): number => Date.now() + 10_000;

function batches(run: (batch: readonly Item[]) => Promise<readonly (number | Error)[]>, weight = 1) {
  return new Batches<Item, number>({ keyOf: ({ key }) => key, weightOf: () => weight, run });
}

describe('what comes within some milliseconds', () => {
  test('goes together, and each gets its own answer', async () => {
    const seen: number[] = [];
    const all = batches((batch) => {
      seen.push(batch.length);
      return Promise.resolve(batch.map(({ value }) => (value === 3 ? new Error('not 3') : value * 2)));
    });
    const answers = await Promise.allSettled(
      [1, 2, 3, 4].map((value) => all.add({ key: value, value }, soon())),
    );
    expect(seen).toEqual([4]);
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'refused'))).toEqual([
      2,
      4,
      'refused',
      8,
    ]);
  });

  test('goes one after the other where it is of one key, in the order in which it came', async () => {
    const seen: number[][] = [];
    const all = batches((batch) => {
      seen.push(batch.map(({ value }) => value));
      return Promise.resolve(batch.map(({ value }) => value));
    });
    await Promise.all([1, 2, 3].map((value) => all.add({ key: 7, value }, soon())));
    expect(seen).toEqual([[1], [2], [3]]);
  });

  test('is refused as a whole where the batch fails, and the next one goes on', async () => {
    let fails = true;
    const all = batches((batch) => {
      if (fails) return Promise.reject(new Error('away'));
      return Promise.resolve(batch.map(({ value }) => value));
    });
    await expect(all.add({ key: 1, value: 1 }, soon())).rejects.toThrow('away');
    fails = false;
    expect(await all.add({ key: 1, value: 2 }, soon())).toBe(2);
  });
});

describe('while the database is slow', () => {
  test('nobody waits beyond the deadline, and what nobody waits for is not done', async () => {
    const gate = Promise.withResolvers<void>();
    const seen: number[] = [];
    const all = batches(async (batch) => {
      seen.push(...batch.map(({ value }) => value));
      await gate.promise;
      return batch.map(({ value }) => value);
    });
    const first = all.add({ key: 1, value: 1 }, soon());
    await delay(20);
    await expect(all.add({ key: 2, value: 2 }, Date.now() + 20)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    gate.resolve();
    expect(await first).toBe(1);
    expect(await all.add({ key: 3, value: 3 }, soon())).toBe(3);
    expect(seen).toEqual([1, 3]);
  });

  test('no more is kept than a bound, by number and by size', async () => {
    const gate = Promise.withResolvers<void>();
    const run = async (batch: readonly Item[]): Promise<number[]> => {
      await gate.promise;
      return batch.map(({ value }) => value);
    };
    for (const all of [batches(run), batches(run, 1024 * 1024)]) {
      const outcomes = Array.from({ length: 25_000 }, (_, key) =>
        all.add({ key, value: key }, soon()).then(
          () => 'done',
          (error: unknown) => (error as RpcError).code,
        ),
      );
      await delay(50);
      gate.resolve();
      const codes = await Promise.all(outcomes);
      const [done, refused] = ['done', 'RESOURCE_EXHAUSTED'].map(
        (wanted) => codes.filter((code) => code === wanted).length,
      );
      expect((done ?? 0) + (refused ?? 0)).toBe(25_000);
      expect(refused).toBeGreaterThanOrEqual(4000);
      expect(done).toBeGreaterThan(0);
    }
  });

  test('the wait of the longest is known, and asked for once', async () => {
    const all = batches(async (batch) => {
      await delay(60);
      return batch.map(({ value }) => value);
    });
    await all.add({ key: 1, value: 1 }, soon());
    expect(all.takeWaitMs()).toBeGreaterThan(50);
    expect(all.takeWaitMs()).toBe(0);
  });
});
