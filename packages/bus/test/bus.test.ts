import { expect, test, vi } from 'vitest';
import { connectBus } from '../src/index.ts';
import { bus, Said, server } from './stage.ts';

test('knows whether it is up, over the death and the return of the server', async () => {
  const nats = await server(false);
  const said = new Said();
  const one = bus(nats, said);
  expect(one.state()).toBe('down');
  await vi.waitFor(() => expect(said.of('warn')).toEqual(['the bus is not reached']), 10_000);
  for (let round = 0; round < 3; round += 1) {
    await nats.start();
    await vi.waitFor(() => expect(one.state()).toBe('up'), 10_000);
    await nats.kill();
    await vi.waitFor(() => expect(one.state()).toBe('down'), 10_000);
  }
});

test('takes the size of events from the server', async () => {
  const nats = await server();
  const one = bus(nats);
  await vi.waitFor(() => expect(one.state()).toBe('up'), 10_000);
  expect(one.eventBytes()).toBe(786_432);
});

test('can be closed before it was ever up, twice, and after the server died', async () => {
  const nats = await server(false);
  const never = bus(nats);
  await never.close();
  await never.close();
  await nats.start();
  const one = bus(nats);
  await vi.waitFor(() => expect(one.state()).toBe('up'), 10_000);
  await nats.kill();
  await one.close();
  expect(one.state()).toBe('down');
});

test('refuses what is no address or no prefix, without showing it', () => {
  const log = new Said();
  expect(() => connectBus({ url: 'http://secret@host', name: 'x', log })).toThrow(/nats:\/\/ or tls:\/\//);
  expect(() => connectBus({ url: 'nats://host:no', name: 'x', log })).toThrow('not of the form');
  expect(() => connectBus({ url: 'nats://host:1', prefix: 'a.b', name: 'x', log })).toThrow('prefix');
});
