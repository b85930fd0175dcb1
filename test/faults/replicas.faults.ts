// kill -9 of two replicas that are both written to, and of the database and the bus under them: as exact as one that nobody kills.

import { expect, test } from 'vitest';
import { startOwnServers, startStack } from '@egg/testing';
import { startBusWatch } from './bus-watch.ts';
import { startCallers } from './callers.ts';
import { Record } from './record.ts';
import { type Part, print, runRounds } from './rounds.ts';
import { ROUNDS, share } from './settings.ts';
import { verify } from './verify.ts';

const LIMIT_MS = 10_000;
const CALLERS = 16;

const { mongo, nats } = await startOwnServers();
const stack = await startStack({
  blocklists: 2,
  servers: { mongoUrl: mongo.url, natsUrl: nats.url },
  env: { EGG_LOG_LEVEL: 'error' },
});

test('every answered write is there once after kill -9 of either replica, the database and the bus', async () => {
  const record = new Record();
  const watch = startBusWatch(stack.bus);
  const callers = startCallers(stack.gateways, CALLERS, record);
  const replica = (name: string): Part => ({
    name,
    kill: async () => {
      await stack.kill(name);
      await stack.restart(name);
    },
    limitMs: LIMIT_MS,
  });
  const parts: Part[] = [
    replica('blocklists-1'),
    replica('blocklists-2'),
    {
      name: 'mongodb',
      kill: async () => {
        await mongo.kill();
        await mongo.start();
      },
      limitMs: LIMIT_MS,
    },
    {
      name: 'nats',
      kill: async () => {
        await nats.kill();
        await nats.start();
      },
      works: () => watch.hearsOf(record.latestRevision()),
      limitMs: LIMIT_MS,
    },
  ];
  const outages = await runRounds({ parts, record, rounds: ROUNDS, limitMs: share(0.3) });
  await callers.stop();
  await watch.stop();
  let head = 0;
  for (const http of stack.gateways) head = await verify(http, stack.bus, record);
  print('two replicas', record, outages, head);
  expect(outages.filter(({ longestMs, limitMs }) => longestMs > limitMs)).toEqual([]);
});
