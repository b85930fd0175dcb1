// kill -9 of both replicas of the tasks service, and of the database under them, while schedules are due each second: each due time is
// decided once, and each that fired made one run.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type HttpClient, startOwnServers, startStack } from '@egg/testing';
import { endSchedule, expectDecidedOnce, laySchedules } from '../scenarios/schedules.ts';
import { share } from './settings.ts';

const LASTS_MS = Math.min(share(0.2), 120_000);
const { mongo, nats } = await startOwnServers();
const stack = await startStack({
  eggs: 1,
  tasks: 2,
  gateways: 2,
  servers: { mongoUrl: mongo.url, natsUrl: nats.url },
  env: { EGG_LOG_LEVEL: 'error' },
});
const [one, other] = stack.gateways as [HttpClient, HttpClient];

test('each second is decided once whatever is killed, and fires one run or none', async () => {
  const add = await laySchedules(one);
  const overlaps = ['cancel', 'cancel', 'skip', 'queue'];
  const added = await Promise.all(overlaps.map((overlap) => add({ every_seconds: 1, overlap })));
  const parts = [
    async () => {
      await stack.kill('tasks-1');
      await stack.restart('tasks-1');
    },
    async () => {
      await stack.kill('tasks-2');
      await stack.restart('tasks-2');
    },
    async () => {
      await mongo.kill();
      await mongo.start();
    },
  ];
  const until = Date.now() + LASTS_MS;
  let kills = 0;
  while (Date.now() < until) {
    await parts[kills++ % parts.length]?.();
    await delay(Math.random() * 3000);
  }
  for (const http of [one, other])
    await expect.poll(async () => (await http.get('/readyz')).httpStatus, { timeout: 60_000 }).toBe(200);
  for (const { id } of added) await endSchedule(one, id, 1000);
  for (const { id } of added) {
    const decided = await expectDecidedOnce(other, id, 1000);
    const verbs = (verb: string): number => decided.filter((entry) => entry.verb === verb).length;
    console.log({ kills, fired: verbs('fired'), skipped: verbs('skipped'), missed: verbs('missed') });
  }
});
