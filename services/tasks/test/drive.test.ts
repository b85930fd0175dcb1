// What a run does by itself when its hosts go, or become others.

import { expect, test } from 'vitest';
import { testDatabase } from '@egg/testing';
import type { KnownHost } from '../src/runs/known-hosts.ts';
import { waveIn } from '../src/runs/active-runs.ts';
import { startReplica, startRun } from './runs-stage.ts';

const database = await testDatabase();
const HOSTS = Array.from({ length: 16 }, (_, index) => index + 1);
const soon = (): number => Date.now() + 10_000;

function host(id: number, version = '1.0.0'): KnownHost {
  return {
    id,
    name: `h-${id}`,
    platform: 'linux/amd64',
    labels: {},
    eggs: [{ egg: 'agent', version }],
  };
}

async function startWaves(known: KnownHost[]) {
  const replica = await startReplica({ database, hosts: known, now: () => new Date() });
  const { id } = await startRun(replica, {
    target: { eggs: [{ egg: 'agent', versions: '<2' }] },
    waves: [{ percent: 50 }, { percent: 100 }],
    max_in_flight: 1,
    max_attempts: 2,
    retry_backoff_seconds: 3600,
  });
  const run = await replica.runs.existing(id, soon());
  const inFirst = HOSTS.filter((one) => waveIn(run, one) === 0);
  known.push(...HOSTS.map((one) => host(one)));
  const first = inFirst[0] ?? 0;
  const [work] = await replica.work.find(host(first), [], soon());
  expect(work?.id).toBe(`${id}-${first}`);
  const waveNow = async (): Promise<number> => {
    await replica.look();
    await replica.follow();
    return (await replica.runs.existing(id, soon())).wave;
  };
  return { replica, id, first, inFirst, waveNow };
}

test('a wave whose hosts wait for work and have all gone is passed over', async () => {
  const known: KnownHost[] = [];
  const { replica, id, first, inFirst, waveNow } = await startWaves(known);
  await replica.work.find(host(first), [{ id: `${id}-${first}`, attempt: 1, state: 'failed' }], soon());
  known.splice(0, Infinity, ...HOSTS.filter((one) => !inFirst.includes(one)).map((one) => host(one)));
  expect(await waveNow()).toBe(1);
  await replica.close();
});

test('a wave of whose hosts one has its work is not passed over, whatever the host matches by now', async () => {
  const known: KnownHost[] = [];
  const { replica, first, inFirst, waveNow } = await startWaves(known);
  known.splice(0, Infinity, ...HOSTS.filter((one) => !inFirst.includes(one)).map((one) => host(one)));
  known.push(host(first, '2.0.0'));
  expect(await waveNow()).toBe(0);
  await replica.close();
});
