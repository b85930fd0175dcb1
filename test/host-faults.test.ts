// Check-ins while the bus or the database is away: the first holds up events and nothing else, without the second nothing is promised.

import { expect, test, vi } from 'vitest';
import { readEvents, startOwnServers, startStack } from '@egg/testing';
import { checkIn, enrol, enrolmentToken, hostOf } from './scenarios/hosts.ts';

const { mongo, nats } = await startOwnServers();
const stack = await startStack({
  eggs: 1,
  servers: { mongoUrl: mongo.url, natsUrl: nats.url },
  env: { EGG_CHECK_IN_SECONDS: '1' },
});
const { http } = stack;
const token = await enrolmentToken(http, 'rollout');

test('while the bus is away hosts enrol, come and go, and it is told of all of it afterwards, in order', async () => {
  await nats.kill();
  const host = await enrol(http, token, 'without-bus');
  expect((await checkIn(http, host.token)).body.status).toBe(0);
  await expect.poll(async () => (await hostOf(http, host.id)).status, { timeout: 15_000 }).toBe('offline');
  // Killed as well, the marks are all that is left.
  await stack.kill('eggs-1');
  await stack.restart('eggs-1');
  await nats.start();
  const events = await readEvents(stack.bus, 'host', 3);
  const ids = events.map(({ event }) => event.id);
  expect(ids.toSorted()).toEqual([
    expect.stringMatching(`^host:${host.id}:enrolled:`) as string,
    `host:${host.id}:offline:2`,
    `host:${host.id}:online:1`,
  ]);
  expect(ids.indexOf(`host:${host.id}:online:1`)).toBeLessThan(ids.indexOf(`host:${host.id}:offline:2`));
});

test('without the database a check-in is not answered as if it were kept, and works again when it is back', async () => {
  const host = await enrol(http, token, 'without-database');
  expect((await checkIn(http, host.token)).body.status).toBe(0);
  await mongo.kill();
  const refused = await checkIn(http, host.token, { eggs: [{ egg: 'lost', version: '1.0.0' }] });
  expect(refused).toMatchObject({ httpStatus: 503, body: { code: 'UNAVAILABLE' } });
  await mongo.start();
  await vi.waitFor(
    async () => {
      const answer = await checkIn(http, host.token, { eggs: [{ egg: 'kept', version: '1.0.0' }] });
      expect(answer.body.status).toBe(0);
    },
    { timeout: 20_000, interval: 200 },
  );
  expect((await hostOf(http, host.id)).eggs).toMatchObject([{ egg: 'kept' }]);
});
