// `GET /events`: what a client gets that stays connected, and what is refused.

import { expect, inject, test, vi } from 'vitest';
import { WITHIN } from '@egg/testing';
import { RpcError } from '@egg/rpc';
import { listen } from './event-client.ts';
import { afterwards, idsOf, stage } from './event-stage.ts';
import { listening } from './listening.ts';

const DOMAINS = '?subjects=egg.domain_block.>';

test('first comes how to go on, then every event as it is on the bus, each stream in its order', async () => {
  const { domains, processes, gateway } = await stage(inject('natsUrl'), { domains: 3 });
  const { listen: subscribe } = await gateway();
  const client = await subscribe();
  const ready = await client.first('ready');
  expect(client.events[0]).toBe(ready);
  expect(ready.id).toMatch(/^[\w-]+$/);
  expect(client.retry).toBe('2000');
  const { headers, statusCode } = client.response;
  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  expect(headers).not.toHaveProperty('content-encoding');

  domains.add(50);
  processes.add(20, { verb: 'updated' });
  const before = client.ids().length;
  expect(before).toBe(0);
  await client.has(140);
  const ids = client.ids();
  for (const [name, from, to] of [
    ['domain_block', 4, 53],
    ['counter_for_domain', 4, 53],
    ['process_block', 1, 20],
    ['counter_for_process', 1, 20],
  ] as const) {
    expect(ids.filter((id) => id.startsWith(`${name}:`))).toEqual(idsOf(name, from, to));
  }
  const event = client.events.find(({ data }) => data.includes('"process_block:7"'));
  expect(event?.type).toBe('egg.process_block.updated');
  expect(JSON.parse(event?.data ?? '')).toMatchObject({
    specversion: '1.0',
    type: 'egg.process_block.updated',
    subject: '7',
    data: { after: { id: 7 }, actor: 'admin' },
  });
  const step = client.events.find(({ data }) => data.includes('"counter_for_domain:9"'));
  expect(step?.type).toBe('egg.counter.incremented');
  expect(new Set(client.events.map(({ id }) => id)).size).toBe(client.events.length);
});

test('a client gets what its patterns match, also several, with commas or one by one', async () => {
  const { domains, processes, gateway } = await stage(inject('natsUrl'), { domains: 1, processes: 1 });
  const { listen: subscribe } = await gateway();
  const clients = await Promise.all([
    subscribe('?subjects=egg.*.deleted'),
    subscribe('?subjects=egg.domain_block.added,egg.counter.incremented.counter_for_process'),
    subscribe('?subjects=egg.process_block.>&subjects=egg.domain_block.deleted'),
    subscribe('?subjects=egg.counter.>'),
    subscribe('?subjects=%3E'),
  ]);
  await Promise.all(clients.map((client) => client.first('ready')));
  domains.add(1);
  domains.add(1, { verb: 'deleted' });
  processes.add(1, { verb: 'deleted' });
  const last = clients.at(-1);
  await last?.has(6);
  await vi.waitFor(
    () =>
      expect(clients.map((client) => client.ids().sort())).toEqual([
        ['domain_block:3', 'process_block:2'],
        ['counter_for_process:2', 'domain_block:2'],
        ['domain_block:3', 'process_block:2'],
        ['counter_for_domain:2', 'counter_for_domain:3', 'counter_for_process:2'],
        last?.ids().sort(),
      ]),
    WITHIN,
  );
});

test.each([
  ['?subjects=egg..x', 'subjects'],
  ['?subjects=', 'subjects'],
  ['?subjects=egg.domain_block.>,', 'subjects'],
  ['?subjects=egg.>.added', 'subjects'],
  ['?subjects=egg.do*.added', 'subjects'],
  ['?subjects=egg.domain block.added', 'subjects'],
  ['?subjects=egg.nonsense.>', 'subjects'],
  ['?subjects=egg.domain_block', 'subjects'],
  ['?subjects=egg.domain_block.added.more', 'subjects'],
  ['?subjects=other.domain_block.added', 'subjects'],
  ['?subjects=egg.>&subjects=egg.counter.incremented.counter_for_cake', 'subjects'],
  ['?subject=egg.>', 'subject'],
  ['?last_event_id=42', 'last_event_id'],
  ['?last_event_id=AA&last_event_id=AA', 'last_event_id'],
])('%s is refused, and %s is named', async (query, field) => {
  const { gateway } = await stage(inject('natsUrl'), { isRelayed: false });
  const { url } = await gateway();
  const reply = await fetch(`${url}/events${query}`);
  expect(reply.status).toBe(400);
  expect(await reply.json()).toMatchObject({
    status: 1,
    code: 'INVALID_ARGUMENT',
    errors: [{ field, reason: expect.anything() as string }],
  });
});

test('an id that was cut or mistyped is refused, an empty one says nothing', async () => {
  const { gateway } = await stage(inject('natsUrl'));
  const { listen: subscribe } = await gateway();
  const { id } = await (await subscribe()).first('ready');
  for (const wrong of [id.slice(0, -1), `${id}A`, `B${id.slice(1)}`, id.slice(4), `${id}==`]) {
    const client = await subscribe('', wrong);
    expect(client.response.statusCode, wrong).toBe(400);
  }
  expect((await subscribe('', '')).response.statusCode).toBe(200);
  expect((await subscribe(`?last_event_id=${id}`)).response.statusCode).toBe(200);
  expect((await subscribe('?last_event_id=')).response.statusCode).toBe(200);
});

test('a heartbeat comes again and again, and remembers what no pattern matched', async () => {
  const { domains, gateway, relays } = await stage(inject('natsUrl'), { domains: 1 });
  const { listen: subscribe } = await gateway({ heartbeatMs: 150 });
  const client = await subscribe('?subjects=egg.domain_block.deleted');
  const ready = await client.first('ready');
  domains.add(100);
  await relays[0]?.told();
  const beats = client.comments.length;
  await vi.waitFor(() => expect(client.comments.length).toBeGreaterThan(beats + 2), WITHIN);
  expect(client.ids()).toEqual([]);
  expect(client.lastId).not.toBe(ready.id);
  const later = await subscribe('?subjects=egg.domain_block.>', client.lastId);
  domains.add(1);
  await later.has(1);
  expect(later.ids()).toEqual(['domain_block:102']);
});

test('HEAD says what GET would, and ends', async () => {
  const { gateway } = await stage(inject('natsUrl'), { isRelayed: false });
  const { url, metric } = await gateway();
  const reply = await fetch(`${url}/events`, { method: 'HEAD' });
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(await metric('event_listeners')).toBe(0);
});

test('the rules of the open mode hold, and a token is asked for in the closed one', async () => {
  const { bus } = await stage(inject('natsUrl'), { isRelayed: false });
  await using open = await listening({ bus });
  await using closed = await listening({ bus, adminToken: 'correct-horse-battery' });
  const foreign = await listen(open.url, { headers: { origin: 'http://evil.example' } });
  expect(foreign.response.statusCode).toBe(403);
  expect((await listen(closed.url)).response.statusCode).toBe(401);
  const headers = { authorization: 'Bearer correct-horse-battery' };
  const client = await listen(closed.url, { headers });
  afterwards(() => client.close());
  expect(client.response.statusCode).toBe(200);
});

test('one listener more than there may be is told to come again, and the others are not disturbed', async () => {
  const { domains, gateway } = await stage(inject('natsUrl'));
  const { listen: subscribe } = await gateway({ maxListeners: 2 });
  const clients = await Promise.all([subscribe(DOMAINS), subscribe(DOMAINS)]);
  const refused = await subscribe(DOMAINS);
  expect(refused.response.statusCode).toBe(429);
  expect(refused.response.headers['retry-after']).toBeDefined();
  await Promise.all(clients.map((client) => client.first('ready')));
  domains.add(1);
  await Promise.all(clients.map((client) => client.has(1)));
  clients[0]?.close();
  await vi.waitFor(async () => {
    const client = await subscribe(DOMAINS);
    expect(client.response.statusCode).toBe(200);
  }, WITHIN);
});

test('a gateway that stops ends all streams at once', async () => {
  const { gateway } = await stage(inject('natsUrl'));
  const { listen: subscribe, stop } = await gateway();
  const clients = await Promise.all(Array.from({ length: 20 }, () => subscribe()));
  const startedMs = performance.now();
  await stop();
  expect(performance.now() - startedMs).toBeLessThan(1000);
  await vi.waitFor(() => expect(clients.every(({ isClosed }) => isClosed)).toBe(true), WITHIN);
});

test('a client whose token is revoked is cut off at the next heartbeat', async () => {
  const { bus } = await stage(inject('natsUrl'), { isRelayed: false });
  let isRevoked = false;
  await using fake = await listening({
    bus,
    events: { heartbeatMs: 150 },
    authorize: () => {
      if (isRevoked) throw new RpcError('UNAUTHENTICATED', 'the token is not valid');
      return { name: 'panel', role: 'viewer' };
    },
  });
  const client = await listen(fake.url);
  await vi.waitFor(() => expect(client.comments.length).toBeGreaterThan(1), WITHIN);
  expect(client.isClosed).toBe(false);
  isRevoked = true;
  await vi.waitFor(() => expect(client.isClosed).toBe(true), WITHIN);
});
