// Schedules after both replicas of their service were away, and while the eggs are: what was missed fires once if it is not too old.
// Replicas that are killed in turn are in faults/schedules.faults.ts.

import { expect, test } from 'vitest';
import { type HttpClient, startStack } from '@egg/testing';
import { decidedOf, endSchedule, expectDecidedOnce, laySchedules, runsOf } from './scenarios/schedules.ts';

const stack = await startStack({ eggs: 1, tasks: 2, gateways: 2 });
const [one, other] = stack.gateways as [HttpClient, HttpClient];
const add = await laySchedules(one);
const REPLICAS = ['tasks-1', 'tasks-2'] as const;
const LIMIT_MS = 90_000;

const ready = async (): Promise<void> => {
  for (const http of [one, other])
    await expect.poll(async () => (await http.get('/readyz')).httpStatus, { timeout: 20_000 }).toBe(200);
};

test(
  'after a stop, what was due meanwhile fires once if it is not older than catch_up_seconds, and else not at all',
  async () => {
    const soon = new Date(Date.now() + 6000).toISOString();
    const late = await add({ at: soon, catch_up_seconds: 1 });
    const kept = await add({ at: soon, catch_up_seconds: 600 });
    const often = await add({ every_seconds: 2, catch_up_seconds: 600, overlap: 'cancel' });
    await expect.poll(() => decidedOf(one, often.id)).not.toEqual([]);
    await Promise.all(REPLICAS.map((name) => stack.kill(name)));
    await expect.poll(() => Date.now(), { timeout: 20_000 }).toBeGreaterThan(Date.parse(soon) + 5000);
    const back = Date.now();
    await Promise.all(REPLICAS.map((name) => stack.restart(name)));
    await ready();
    await expect.poll(() => decidedOf(one, late.id), { timeout: 20_000 }).toHaveLength(1);
    expect(await decidedOf(one, late.id)).toMatchObject([{ verb: 'missed', due_at: soon, count: 1 }]);
    expect(await runsOf(one, late.id)).toEqual([]);
    await expect.poll(() => decidedOf(one, kept.id), { timeout: 20_000 }).toHaveLength(1);
    expect(await decidedOf(one, kept.id)).toMatchObject([{ verb: 'fired', due_at: soon, count: 1 }]);
    expect(await runsOf(one, kept.id)).toHaveLength(1);

    await expect
      .poll(async () => (await decidedOf(one, often.id)).filter(({ at }) => Date.parse(at) > back).length, {
        timeout: 20_000,
      })
      .toBeGreaterThan(3);
    await endSchedule(one, often.id, 2000);
    const decided = await expectDecidedOnce(other, often.id, 2000);
    const first = decided.findIndex(({ at }) => Date.parse(at) > back);
    expect(decided[first]).toMatchObject({ verb: 'missed' });
    expect(decided[first]?.count).toBeGreaterThanOrEqual(3);
    // Of what was due meanwhile the last alone may fire; where that takes too long, the next does.
    const old = decided.filter(
      ({ verb, at, due_at }) => verb === 'fired' && Date.parse(at) > back && Date.parse(due_at) < back,
    );
    expect(old.length).toBeLessThanOrEqual(1);
    expect(decided.some(({ verb, due_at }) => verb === 'fired' && Date.parse(due_at) > back - 2000)).toBe(
      true,
    );
  },
  LIMIT_MS,
);

test(
  'what cannot start while the service of the eggs is away is tried again, and missed when it is too late',
  async () => {
    const soon = new Date(Date.now() + 3000).toISOString();
    const kept = await add({ at: soon, catch_up_seconds: 600 });
    const late = await add({ at: soon, catch_up_seconds: 1 });
    await stack.kill('eggs-1');
    await expect.poll(() => decidedOf(one, late.id), { timeout: 20_000 }).toHaveLength(1);
    expect(await decidedOf(other, late.id)).toMatchObject([{ verb: 'missed', due_at: soon }]);
    expect(await decidedOf(one, kept.id)).toEqual([]);
    await stack.restart('eggs-1');
    await expect.poll(() => decidedOf(one, kept.id), { timeout: 30_000 }).toHaveLength(1);
    expect(await decidedOf(one, kept.id)).toMatchObject([{ verb: 'fired', due_at: soon }]);
    expect(await runsOf(one, kept.id)).toHaveLength(1);
    expect(await runsOf(one, late.id)).toEqual([]);
  },
  LIMIT_MS,
);
