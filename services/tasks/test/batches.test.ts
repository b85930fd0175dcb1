// Batches of which somebody else has begun to count what was made.

import { expect, test } from 'vitest';
import { testDatabase } from '@egg/testing';
import type { KnownHost } from '../src/runs/known-hosts.ts';
import { runProgress } from '../src/runs/documents.ts';
import { startReplica, startRun } from './runs-stage.ts';

const database = await testDatabase();
const soon = (): number => Date.now() + 10_000;
const host = (id: number): KnownHost => ({
  id,
  name: `h-${id}`,
  platform: 'linux/amd64',
  labels: {},
  eggs: [],
});
const [first, second] = [host(1), host(2)];

test('what another has counted of a batch is not counted again', async () => {
  const stage = { database, hosts: [first, second], now: () => new Date() };
  const [one, other] = [await startReplica(stage), await startReplica(stage)];
  const { id: run } = await startRun(one, {});
  await other.follow();
  const report = (host: KnownHost, state: string) => [{ id: `${run}-${host.id}`, attempt: 1, state }];
  const tell = (host: KnownHost, state: string) => one.work.find(host, report(host, state), soon());
  await Promise.all([one.work.find(first, [], soon()), one.work.find(second, [], soon())]);
  // One of the two changes comes too late, so that the other sees a batch of which more may come.
  one.before('write', async () => {
    await other.work.find(second, report(second, 'running'), soon());
  });
  one.before('count', () => other.count(run));
  await Promise.all([tell(first, 'succeeded'), tell(second, 'succeeded')]);
  const at = await runProgress(database).findOne({ _id: run });
  expect(at).toMatchObject({
    reserved: [],
    in_flight: 0,
    counts: { sent: 0, running: 0, succeeded: 2 },
    waves: { 0: { total: 2, ended: 2, succeeded: 2 } },
  });
  await one.close();
  await other.close();
});
