// When a host is there and when it is gone, and who hears of it.

import { expect, test, vi } from 'vitest';
import { startStack, readEvents } from '@egg/testing';
import { listen } from '../gateway/test/event-client.ts';
import { checkIn, enrol, enrolmentToken, hostOf } from './scenarios/hosts.ts';

const stack = await startStack({ eggs: 2, gateways: 2, env: { EGG_CHECK_IN_SECONDS: '1' } });
const [one = stack.http, other = stack.http] = stack.gateways;
const token = await enrolmentToken(one, 'rollout');

interface Fact {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: { readonly host: { readonly id: number; readonly name: string }; readonly at: string };
}

test('a host is online from its check-in on and offline after three of its intervals, and both are told in order, on the bus and over HTTP', async () => {
  const listener = await listen(one.url, { query: '?subjects=egg.host.%3E' });
  await listener.first('ready');
  const host = await enrol(one, token, 'comes-and-goes');
  expect((await hostOf(one, host.id)).status).toBe('offline');
  await listener.has(1);
  const answer = await checkIn(other, host.token, { eggs: [{ egg: 'agent', version: '1.0.0' }] });
  const interval = answer.body.data.next_check_in_seconds;
  expect((await hostOf(one, host.id)).status).toBe('online');
  await expect.poll(async () => (await hostOf(one, host.id)).status, { timeout: 15_000 }).toBe('offline');
  const offlineAt = Date.now();
  const shown = await hostOf(one, host.id);
  const offlineMs = offlineAt - Date.parse(shown.last_seen_at ?? '');
  expect(offlineMs).toBeGreaterThanOrEqual(interval * 3000);
  expect(offlineMs).toBeLessThan(interval * 3000 + 3000);
  expect(shown.eggs).toMatchObject([{ egg: 'agent', version: '1.0.0' }]);
  expect(shown.last_seen_at).toBeDefined();

  await listener.has(3);
  const { revision } = shown;
  const expected = [
    `host:${host.id}:enrolled:${revision}`,
    `host:${host.id}:online:1`,
    `host:${host.id}:offline:2`,
  ];
  expect(listener.ids()).toEqual(expected);
  const events = await readEvents(stack.bus, 'host', 3);
  expect(events.map(({ to, event }) => [to, event.id, event.subject])).toEqual([
    ['host.enrolled', expected[0], String(host.id)],
    ['host.online', expected[1], String(host.id)],
    ['host.offline', expected[2], String(host.id)],
  ]);
  const facts = listener.events.filter(({ type }) => type.startsWith('egg.host.'));
  const [, online] = facts.map(({ data }) => JSON.parse(data) as Fact);
  expect(online).toMatchObject({
    type: 'egg.host.online',
    data: { host: { id: host.id, name: 'comes-and-goes' } },
  });
  listener.close();
  const resumed = await listen(other.url, { query: '?subjects=egg.host.*', lastId: facts[0]?.id ?? '' });
  await resumed.has(2);
  expect(resumed.ids()).toEqual(expected.slice(1));
  resumed.close();
});

test('a host that keeps checking in over any replica stays online and is told of once', async () => {
  const host = await enrol(one, token, 'stays');
  const untilMs = performance.now() + 7000;
  for (let turn = 0; performance.now() < untilMs; turn++) {
    const answer = await checkIn(turn % 2 === 0 ? one : other, host.token);
    expect(answer.body.status).toBe(0);
    expect((await hostOf(one, host.id)).status).toBe('online');
    await new Promise((resolve) => setTimeout(resolve, 800));
  }
  const listener = await listen(one.url, { query: '?subjects=egg.host.%3E' });
  await listener.first('ready');
  await expect.poll(async () => (await hostOf(one, host.id)).status, { timeout: 15_000 }).toBe('offline');
  await listener.has(1);
  expect(listener.ids()).toEqual([`host:${host.id}:offline:2`]);
  listener.close();
});

test('every turn is told, each after the one before, though services are killed while hosts come and go', async () => {
  const hosts = await Promise.all(Array.from({ length: 20 }, (_, n) => enrol(one, token, `turns-${n}`)));
  const listener = await listen(one.url, { query: '?subjects=egg.host.online,egg.host.offline' });
  await listener.first('ready');
  for (const host of hosts) {
    await vi.waitFor(async () => expect((await checkIn(other, host.token)).body.status).toBe(0), 20_000);
  }
  await stack.kill('eggs-2');
  await stack.restart('eggs-2');
  await stack.kill('eggs-1');
  await stack.restart('eggs-1');
  await Promise.all(
    hosts.map(async ({ id, token: own }) => {
      await expect.poll(async () => (await hostOf(other, id)).status, { timeout: 20_000 }).toBe('offline');
      await vi.waitFor(async () => expect((await checkIn(other, own)).body.status).toBe(0), 20_000);
    }),
  );
  await stack.kill('eggs-1');
  await stack.restart('eggs-1');
  const turnsOf = (id: number): string[] => [
    ...new Set(listener.ids().filter((event) => event.startsWith(`host:${id}:`))),
  ];
  for (const { id } of hosts) {
    await vi.waitFor(() => expect(turnsOf(id).length).toBeGreaterThanOrEqual(4), 30_000);
    expect(turnsOf(id).slice(0, 4)).toEqual([
      `host:${id}:online:1`,
      `host:${id}:offline:2`,
      `host:${id}:online:3`,
      `host:${id}:offline:4`,
    ]);
  }
  listener.close();
}, 90_000);
