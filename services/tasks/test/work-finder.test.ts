// What a check-in costs: a host for which there is nothing to do is answered from memory.

import { expect, inject, test } from 'vitest';
import { openDatabase } from '@egg/store';
import { quiet, testDatabase, testName } from '@egg/testing';
import { startReplica, startRun } from './runs-stage.ts';

const database = await testDatabase();
const host = (id: number, platform: string) => ({ id, name: `h-${id}`, platform, labels: {}, eggs: [] });
const [meant, other] = [host(1, 'linux/amd64'), host(2, 'plan9/mips')];
const soon = (): number => Date.now() + 10_000;

test('a host that no run is for is answered while the database is away', async () => {
  const own = await openDatabase({ url: inject('mongoUrl'), name: testName(), log: quiet });
  const replica = await startReplica({ database: own, hosts: [meant, other], now: () => new Date() });
  const run = await startRun(replica, { target: { platforms: [meant.platform] } });
  const [work] = await replica.work.find(meant, [], soon());
  expect(work?.id).toBe(`${run.id}-${meant.id}`);
  await own.drop();
  await replica.close();
  await own.close();
  expect(await replica.work.find(other, [], soon())).toEqual([]);
  await expect(replica.work.find(meant, [], soon())).rejects.toThrow();
});

test('a host that has done its part is answered from memory too', async () => {
  const replica = await startReplica({ database, hosts: [meant, other], now: () => new Date() });
  const run = await startRun(replica, {});
  const report = { id: `${run.id}-${meant.id}`, attempt: 1, state: 'succeeded' };
  await replica.work.find(meant, [], soon());
  await replica.work.find(meant, [report], soon());
  expect(replica.active.of(meant).map((one) => one.run.id)).toEqual([run.id]);
  await replica.work.find(meant, [], soon());
  expect(replica.active.of(meant)).toEqual([]);
  await replica.close();
});
