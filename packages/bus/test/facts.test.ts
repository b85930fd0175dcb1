import { expect, test, vi } from 'vitest';
import { type Fact, startFacts } from '../src/index.ts';
import { afterwards, bus, operator, Said, server, stored } from './stage.ts';

const STREAM = 'egg_host';

function fact(host: number, verb: 'online' | 'offline', number: number): Omit<Fact, 'kind'> {
  return {
    id: `host:${host}:${verb}:${number}`,
    verb,
    subject: String(host),
    at: new Date(Date.UTC(2026, 0, 1)),
    data: { host: { id: host, name: `h${host}` } },
  };
}

test('facts come in the order in which they are told, and one that is told again is stored once', async () => {
  const nats = await server();
  const [one, other] = [bus(nats), bus(nats)].map((over) => {
    const facts = startFacts({ bus: over, log: new Said(), kind: 'host' });
    afterwards(() => facts.stop());
    return { over, facts };
  });
  await vi.waitFor(() => expect([one?.over.state(), other?.over.state()]).toEqual(['up', 'up']), 20_000);
  await vi.waitFor(() => one?.facts.tell([fact(7, 'online', 1), fact(8, 'online', 1)]), 10_000);
  await other?.facts.tell([fact(7, 'online', 1), fact(7, 'offline', 2)]);
  const found = await stored(nats, STREAM);
  expect(found.map(({ seq, event }) => [seq, event.id])).toEqual([
    [1, 'host:7:online:1'],
    [2, 'host:8:online:1'],
    [3, 'host:7:offline:2'],
  ]);
  expect(found[0]?.event).toEqual({
    specversion: '1.0',
    id: 'host:7:online:1',
    source: 'egg/host',
    type: 'egg.host.online',
    subject: '7',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    data: { host: { id: 7, name: 'h7' }, actor: '', requestid: '' },
  });
});

test('what is told while the bus is away or its stream is gone is refused, and can be told when they are back', async () => {
  const nats = await server(false);
  const over = bus(nats);
  const facts = startFacts({ bus: over, log: new Said(), kind: 'host' });
  afterwards(() => facts.stop());
  await expect(facts.tell([fact(7, 'online', 1)])).rejects.toThrow('the bus is down');
  await nats.start();
  await vi.waitFor(() => facts.tell([fact(7, 'online', 1)]), 10_000);
  await (await operator(nats)).streams.delete(STREAM);
  await expect(facts.tell([fact(7, 'offline', 2)])).rejects.toThrow('no stream takes the subject');
  await facts.tell([fact(7, 'offline', 2)]);
  expect((await stored(nats, STREAM)).map(({ event }) => event.id)).toEqual(['host:7:offline:2']);
});
