// kill -9 of every part of the running system, under its own supervisor and under load: what was answered is there, once, and the
// system serves again by itself.

import { expect, test } from 'vitest';
import { httpClient, type PartName, startSupervised } from '@egg/testing';
import { startBusWatch } from './bus-watch.ts';
import { startCallers } from './callers.ts';
import { Record } from './record.ts';
import { type Part, print, runRounds } from './rounds.ts';
import { ROUNDS, share } from './settings.ts';
import { verify } from './verify.ts';

const LIMIT_MS = 10_000;
/** The supervisor does not come back by itself: this is an end of all that it left running, and a start over what is there. */
const START_MS = 30_000;
const CALLERS = 16;

const system = await startSupervised();

test('every answered write is there once after kill -9 of each part, and the system serves again within 10 s', async () => {
  const http = httpClient(system.url);
  const record = new Record();
  const watch = startBusWatch(system.bus);
  const callers = startCallers([http], CALLERS, record);
  const part = (name: PartName): Part => ({ name, kill: () => system.kill(name), limitMs: LIMIT_MS });
  const parts: Part[] = [
    part('blocklists'),
    part('mongodb'),
    { ...part('nats'), works: () => watch.hearsOf(record.latestRevision()) },
    part('gateway'),
    {
      name: 'supervisor',
      kill: async () => {
        await system.killSupervisor();
        await system.start();
      },
      limitMs: START_MS,
    },
  ];
  const outages = await runRounds({ parts, record, rounds: ROUNDS, limitMs: share(0.6) });
  await callers.stop();
  await watch.stop();
  const head = await verify(http, system.bus, record);
  print('the supervised system', record, outages, head);
  await http.close();
  expect(outages.filter(({ longestMs, limitMs }) => longestMs > limitMs)).toEqual([]);
  expect(await system.stop()).toBe(0);
});
