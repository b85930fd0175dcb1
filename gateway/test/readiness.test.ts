// What `/readyz` says of a gateway that is started in earnest, with nobody behind it.

import { afterAll, expect, test } from 'vitest';
import { createLog, createMetrics, fixedAccess, parseConfig } from '@egg/service';
import { startGateway } from '../src/start.ts';
import { contract } from './fake-channel.ts';

const log = createLog({ service: 'gateway', level: 'fatal' });
const config = parseConfig({
  EGG_HTTP_PORT: '0',
  EGG_BLOCKLISTS_PORT: '1',
  EGG_EGGS_PORT: '1',
  EGG_TASKS_PORT: '1',
  EGG_NATS_URL: 'nats://127.0.0.1:1',
});
const gateway = await startGateway({
  name: 'gateway',
  config,
  contract,
  access: fixedAccess({}),
  log,
  metrics: createMetrics(),
});
const url = `http://127.0.0.1:${String(gateway.ready?.['http_port'])}`;
let isStopped = false;
afterAll(() => (isStopped ? undefined : gateway.stop()));

test('every service is named, also one without a route, and the bus beside them', async () => {
  const reply = await fetch(`${url}/readyz`);
  expect(reply.status).toBe(503);
  expect(await reply.json()).toMatchObject({
    code: 'UNAVAILABLE',
    msg: 'not ready: blocklists, eggs, tasks',
    data: {
      blocklists: { ready: false },
      eggs: { ready: false },
      tasks: { ready: false },
      bus: { ready: false, state: 'down' },
    },
  });
});

test('without a bus it serves all the same, and stops at once though somebody waits for events', async () => {
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const events = await fetch(`${url}/events`);
  expect(events.status).toBe(200);
  const startedMs = performance.now();
  await gateway.stop();
  isStopped = true;
  expect(performance.now() - startedMs).toBeLessThan(1500);
  await events.text();
});
