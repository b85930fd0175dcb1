// What a client gets that was away: all that it missed and nothing twice, or the word that it has to read a table anew.

import { expect, inject, test } from 'vitest';
import { deleteStreams } from '@egg/testing';
import { decodeCursor, encodeCursor } from '../src/events/cursor.ts';
import type { EventClient } from './event-client.ts';
import { type Gateway, idsOf, MemoryLog, type Stage, stage } from './event-stage.ts';

const DOMAINS = '?subjects=egg.domain_block.>';

/** A client that is cut off again and again, and all that it has got. */
async function cutAgainAndAgain(
  gateways: readonly Gateway[],
  { query, first, count, random }: { query: string; first: string; count: number; random: () => number },
): Promise<{ ids: string[]; cuts: number }> {
  const ids: string[] = [];
  let lastId = first;
  let cuts = 0;
  while (ids.length < count) {
    const gateway = gateways[cuts % gateways.length] as Gateway;
    const client = await gateway.listen(query, lastId);
    await client.has(Math.min(count - ids.length, 1 + Math.floor(random() * 120)));
    client.close();
    expect(client.events.filter(({ type }) => type === 'reset')).toEqual([]);
    ids.push(...client.ids());
    ({ lastId } = client);
    cuts += 1;
  }
  return { ids, cuts };
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test('wherever a client is cut off and at whichever gateway it comes back, it misses nothing and gets nothing twice', async () => {
  const { domains, processes, gateway } = await stage(inject('natsUrl'), { domains: 5 });
  // Rings so small that some find in them what they missed and others do not.
  const gateways = [await gateway({ ring: { events: 40, bytes: 1e6 } }), await gateway()];
  const [here] = gateways as [Gateway];
  const ready = await (await here.listen()).first('ready');
  const readyDomains = await (await here.listen(DOMAINS)).first('ready');
  const seed = Date.now() % 1e6;
  const random = randomFrom(seed);
  const clients = Array.from({ length: 6 }, (_, index) =>
    index % 2 === 0
      ? cutAgainAndAgain(gateways, { query: '', first: ready.id, count: 2400, random })
      : cutAgainAndAgain(gateways, { query: DOMAINS, first: readyDomains.id, count: 600, random }),
  );
  for (let round = 0; round < 60; round += 1) {
    domains.add(10);
    processes.add(10);
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
  }
  for (const { ids, cuts } of await Promise.all(clients)) {
    expect(cuts).toBeGreaterThan(4);
    const of = (name: string): string[] => ids.filter((id) => id.startsWith(`${name}:`));
    expect(of('domain_block'), `seed ${seed}`).toEqual(idsOf('domain_block', 6, 605));
    if (ids.length === 600) continue;
    expect(of('process_block')).toEqual(idsOf('process_block', 1, 600));
    expect(of('counter_for_domain')).toEqual(idsOf('counter_for_domain', 6, 605));
    expect(of('counter_for_process')).toEqual(idsOf('counter_for_process', 1, 600));
  }
});

test('a client that missed more than the gateway has kept gets it from the bus, with what comes meanwhile', async () => {
  const { domains, gateway } = await stage(inject('natsUrl'), { domains: 1 });
  const before = await gateway();
  const { id } = await (await before.listen(DOMAINS)).first('ready');
  await before.stop();
  domains.add(6000);
  const { listen } = await gateway();
  const client = await listen(DOMAINS, id);
  await client.has(1);
  domains.add(500);
  await client.has(6500);
  expect(client.ids()).toEqual(idsOf('domain_block', 2, 6501));
});

test('a cursor for one set of subjects serves another: what it does not name starts now', async () => {
  const { domains, processes, relays, gateway } = await stage(inject('natsUrl'));
  const { listen } = await gateway();
  const { id } = await (await listen(DOMAINS)).first('ready');
  domains.add(3);
  processes.add(3);
  await Promise.all(relays.map((relay) => relay.told()));
  const client = await listen('?subjects=egg.*.added', id);
  await client.has(3);
  processes.add(1);
  await client.has(4);
  expect(client.ids()).toEqual([...idsOf('domain_block', 1, 3), 'process_block:4']);
});

test('what is no more kept is named in a reset, and the events go on with the first that is', async () => {
  const { domains, gateway, relays } = await stage(inject('natsUrl'), { domains: 1, maxBytes: 100_000 });
  const { listen, stop } = await gateway();
  const { id } = await (await listen(DOMAINS)).first('ready');
  await stop();
  domains.add(400, { text: 'x'.repeat(2000) });
  await relays[0]?.told();
  const later = await gateway();
  const client = await later.listen(DOMAINS, id);
  const reset = await client.first('reset');
  expect(client.events[0]).toBe(reset);
  const { subjects, streams } = JSON.parse(reset.data) as {
    subjects: string[];
    streams: { name: string; reason: string; after: number }[];
  };
  expect(subjects).toEqual(['egg.domain_block.>']);
  expect(streams).toEqual([{ name: 'domain_block', reason: 'too_old', after: expect.any(Number) as number }]);
  const after = streams[0]?.after ?? 0;
  expect(after).toBeGreaterThan(100);
  await client.has(401 - after);
  expect(client.ids()).toEqual(idsOf('domain_block', after + 1, 401));
  // Its cursor is a good one again.
  const again = await later.listen(DOMAINS, reset.id);
  await again.has(401 - after);
  expect(again.ids()).toEqual(client.ids());
});

test('a cursor ahead of its stream is reset, and the events go on from now', async () => {
  const { domains, gateway } = await stage(inject('natsUrl'), { domains: 3 });
  const { listen } = await gateway();
  const { id } = await (await listen(DOMAINS)).first('ready');
  const ahead = encodeCursor(
    [...(decodeCursor(id) ?? [])].map(([tag]) => [tag, { revision: 1000, mark: 7 }] as const),
  );
  const client = await listen(DOMAINS, ahead);
  expect(JSON.parse((await client.first('reset')).data)).toMatchObject({
    streams: [{ name: 'domain_block', reason: 'other_history', after: 3 }],
  });
  domains.add(1);
  await client.has(1);
  expect(client.ids()).toEqual(['domain_block:4']);
});

interface Lost {
  readonly stage: Stage;
  readonly gateway: Gateway;
  readonly here: EventClient;
}

/** A stream that is gone, with a client that listened to it. */
async function loseStream(length: number): Promise<Lost> {
  const it = await stage(inject('natsUrl'), { domains: length });
  const gateway = await it.gateway();
  const here = await gateway.listen(DOMAINS);
  await here.first('ready');
  it.domains.add(2);
  await here.has(2);
  await it.relays[0]?.stop();
  await deleteStreams(inject('natsUrl'), it.bus.prefix);
  return { stage: it, gateway, here };
}

test('a stream that was lost and is filled again goes on, for who is there and who comes back', async () => {
  const { stage: it, gateway, here } = await loseStream(50);
  it.domains.add(3);
  it.relay('domain_block', it.domains);
  await here.has(5);
  const back = await gateway.listen(DOMAINS, here.events[1]?.id);
  await back.has(4);
  const other = await it.gateway();
  const elsewhere = await other.listen(DOMAINS, here.events[1]?.id);
  await elsewhere.has(4);
  it.domains.add(1);
  await Promise.all([here.has(6), back.has(5), elsewhere.has(5)]);
  expect(here.ids()).toEqual(idsOf('domain_block', 51, 56));
  expect(back.ids()).toEqual(idsOf('domain_block', 52, 56));
  expect(elsewhere.ids()).toEqual(idsOf('domain_block', 52, 56));
  for (const { events } of [here, back, elsewhere]) {
    expect(events.filter(({ type }) => type === 'reset')).toEqual([]);
  }
});

test.each([40, 52, 300])(
  'a stream of another history, with %i revisions in place of 52, is reset for who is there and who comes back',
  async (length) => {
    const { stage: it, gateway, here } = await loseStream(50);
    const restored = new MemoryLog('second');
    restored.add(length);
    const relay = it.relay('domain_block', restored);
    await relay.told();
    const reset = await here.first('reset');
    expect(JSON.parse(reset.data)).toMatchObject({
      subjects: ['egg.domain_block.>'],
      streams: [{ name: 'domain_block', reason: 'other_history' }],
    });
    const elsewhere = await (await it.gateway()).listen(DOMAINS, here.events[2]?.id);
    const back = await gateway.listen(DOMAINS, here.events[2]?.id);
    await Promise.all([back.first('reset'), elsewhere.first('reset')]);
    restored.add(2);
    for (const client of [here, back, elsewhere]) {
      const expected = idsOf('domain_block', length + 1, length + 2);
      await expect.poll(() => client.ids().slice(-2), { timeout: 10_000 }).toEqual(expected);
    }
  },
);
