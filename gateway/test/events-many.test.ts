// Many listeners, some of them slow, and a bus that goes away.

import { expect, inject, test, vi } from 'vitest';
import { startOwnServers, WITHIN } from '@egg/testing';
import { idsOf, stage } from './event-stage.ts';

const own = await startOwnServers();
const DOMAINS = '?subjects=egg.domain_block.>';

test('200 listeners get each what they asked for, in order', async () => {
  const { domains, processes, gateway } = await stage(inject('natsUrl'), { domains: 1, processes: 1 });
  const { listen, metric } = await gateway();
  const queries = [DOMAINS, '?subjects=egg.process_block.added', '?subjects=egg.counter.>', ''];
  const clients = await Promise.all(
    Array.from({ length: 200 }, (_, index) => listen(queries[index % queries.length])),
  );
  await Promise.all(clients.map((client) => client.first('ready')));
  expect(await metric('event_listeners')).toBe(200);
  for (let round = 0; round < 20; round += 1) {
    domains.add(5);
    processes.add(5);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const counts = [100, 100, 200, 400];
  await Promise.all(clients.map((client, index) => client.has(counts[index % 4] as number)));
  for (const [index, client] of clients.entries()) {
    const ids = client.ids();
    expect(ids).toHaveLength(counts[index % 4] as number);
    for (const name of ['domain_block', 'process_block', 'counter_for_domain', 'counter_for_process']) {
      const some = ids.filter((id) => id.startsWith(`${name}:`));
      if (some.length > 0) expect(some).toEqual(idsOf(name, 2, 101));
    }
  }
  clients.forEach((client) => client.close());
  await vi.waitFor(async () => expect(await metric('event_listeners')).toBe(0), WITHIN);
});

test('a client that does not read is dropped, the others go on, and it resumes where it was', async () => {
  const { domains, gateway } = await stage(inject('natsUrl'), { domains: 1 });
  const { listen, metric } = await gateway({ slowBytes: 64 * 1024 });
  const fast = await listen(DOMAINS);
  const slow = await listen(DOMAINS);
  await Promise.all([fast.first('ready'), slow.first('ready')]);
  slow.response.pause();
  for (let round = 0; round < 80; round += 1) {
    domains.add(10, { text: 'x'.repeat(20_000) });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await vi.waitFor(async () => expect(await metric('event_listeners_dropped_total')).toBe(1), {
    timeout: 20_000,
  });
  await fast.has(800);
  expect(fast.ids()).toEqual(idsOf('domain_block', 2, 801));
  slow.response.resume();
  await vi.waitFor(() => expect(slow.isClosed).toBe(true), { timeout: 10_000 });
  const got = slow.ids();
  expect(got.length).toBeLessThan(800);
  const back = await listen(DOMAINS, slow.lastId);
  await back.has(800 - got.length);
  expect([...got, ...back.ids()]).toEqual(idsOf('domain_block', 2, 801));
});

test('a client that stops reading is dropped though next to nothing is sent to it', async () => {
  const { domains, gateway } = await stage(inject('natsUrl'));
  const { listen, metric } = await gateway({ heartbeatMs: 300, slowBytes: 64 * 1024 * 1024 });
  const slow = await listen(DOMAINS);
  await slow.first('ready');
  slow.response.pause();
  domains.add(800, { text: 'x'.repeat(20_000) });
  await vi.waitFor(async () => expect(await metric('event_listeners')).toBe(0), { timeout: 20_000 });
});

test('a bus that is killed delays events and nothing else', async () => {
  const { domains, gateway } = await stage(own.nats.url, { domains: 1 });
  const { listen, url } = await gateway({ heartbeatMs: 300 });
  const here = await listen(DOMAINS);
  const ready = await here.first('ready');
  for (let round = 1; round <= 3; round += 1) {
    await own.nats.kill();
    await vi.waitFor(async () => {
      const reply = await fetch(`${url}/readyz`);
      expect(reply.status).toBe(200);
      expect(await reply.json()).toMatchObject({ data: { bus: { ready: false, state: 'down' } } });
    }, WITHIN);
    domains.add(50);
    const beats = here.comments.length;
    // Who knows already where it is is told that it is; who has to ask the bus waits for it.
    const late = await listen(DOMAINS);
    const behind = await listen(DOMAINS, ready.id);
    await vi.waitFor(() => expect(here.comments.length).toBeGreaterThan(beats + 1), WITHIN);
    await own.nats.start();
    await Promise.all([here.has(round * 50), behind.has(round * 50), late.first('ready'), late.has(50)]);
    expect(behind.ids()).toEqual(idsOf('domain_block', 2, 1 + round * 50));
    expect(late.ids()).toEqual(idsOf('domain_block', 2 + (round - 1) * 50, 1 + round * 50));
  }
  expect(here.ids()).toEqual(idsOf('domain_block', 2, 151));
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ data: { bus: { state: 'up' } } });
});

test('who comes while there is no bus is told to wait, and starts when there is one', async () => {
  await own.nats.kill();
  const { domains, gateway, relays } = await stage(own.nats.url, { domains: 20, isUp: false });
  const { listen } = await gateway({ heartbeatMs: 300 });
  const client = await listen(DOMAINS);
  expect(client.response.statusCode).toBe(200);
  await vi.waitFor(() => expect(client.comments.length).toBeGreaterThan(1), WITHIN);
  expect(client.events).toEqual([]);
  await own.nats.start();
  await client.first('ready');
  await relays[0]?.told();
  domains.add(5);
  await expect.poll(() => client.ids().at(-1), { timeout: 10_000 }).toBe('domain_block:25');
});
