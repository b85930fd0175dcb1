import { expect, test, vi } from 'vitest';
import { type BusMessage, consume, type ConsumeOptions } from '../src/index.ts';
import { ArrayLog } from './array-log.ts';
import { afterwards, bus, operator, relay, Said, server, soon, STREAM } from './stage.ts';
import type { NatsServer } from './nats-server.ts';

interface Reading {
  readonly messages: BusMessage[];
  readonly end: () => Promise<void>;
  revisions(): number[];
  has(count: number): Promise<void>;
}

function read(nats: NatsServer, rest: Partial<ConsumeOptions> = {}): Reading {
  const controller = new AbortController();
  const messages: BusMessage[] = [];
  const log = new Said();
  const done = consume({
    bus: bus(nats, log),
    log,
    stream: STREAM,
    from: 1,
    handler: (message) => void messages.push(message),
    signal: controller.signal,
    ...rest,
  });
  const end = async (): Promise<void> => {
    controller.abort();
    await done;
  };
  afterwards(end);
  return {
    messages,
    end,
    revisions: () => messages.map(({ revision }) => revision),
    has: (count) =>
      vi.waitFor(() => expect(messages.length).toBeGreaterThanOrEqual(count), {
        timeout: 25_000,
        interval: 5,
      }),
  };
}

const upTo = (to: number, from = 1): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('gives each message in order with its revision, and waits for a stream that is made later', async () => {
  const nats = await server();
  const log = new ArrayLog();
  const reading = read(nats);
  log.add(3000);
  relay(nats, log);
  await reading.has(3000);
  log.add(10);
  await reading.has(3010);
  expect(reading.revisions()).toEqual(upTo(3010));
  const [first] = reading.messages;
  expect(first).toMatchObject({
    stream: STREAM,
    subject: 'egg.domain_block.added',
    headers: { 'content-type': 'application/cloudevents+json' },
  });
  expect(JSON.parse(new TextDecoder().decode(first?.payload))).toMatchObject({ id: 'domain_block:1' });
});

test('goes on without a gap and without repetition when the server is killed again and again', async () => {
  const nats = await server();
  const log = new ArrayLog();
  relay(nats, log);
  const reading = read(nats);
  for (let round = 1; round <= 4; round += 1) {
    log.add(2000);
    await reading.has(log.length - 1500);
    await nats.kill();
    log.add(20);
    await nats.start();
  }
  await reading.has(log.length);
  expect(reading.revisions()).toEqual(upTo(log.length));
});

test('goes on when the stream is deleted and filled again', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(500);
  relay(nats, log);
  const reading = read(nats);
  await reading.has(500);
  await (await operator(nats)).streams.delete(STREAM);
  log.add(500);
  await reading.has(1000);
  expect(reading.revisions()).toEqual(upTo(1000));
});

test('goes on when the server’s data are gone', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(500);
  relay(nats, log);
  const reading = read(nats);
  await reading.has(500);
  await nats.kill();
  await nats.wipe();
  log.add(5);
  await nats.start();
  await reading.has(505);
  expect(reading.revisions()).toEqual(upTo(505));
});

test('starts at a revision, or with what is new', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(100);
  await relay(nats, log).caughtUp(100, soon());
  const some = read(nats, { from: 91 });
  const fresh = read(nats, { from: 'new' });
  await some.has(10);
  // Only then is the other one known to be reading, too: what it reads is what comes after it has looked.
  const jsm = await operator(nats);
  await vi.waitFor(async () => expect((await jsm.streams.info(STREAM)).state.consumer_count).toBe(2), 10_000);
  log.add(5);
  await Promise.all([some.has(15), fresh.has(5)]);
  expect(some.revisions()).toEqual(upTo(105, 91));
  expect(fresh.revisions()).toEqual(upTo(105, 101));
});

test('says which revisions the stream does not keep any more', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(100);
  await relay(nats, log).caughtUp(100, soon());
  await (await operator(nats)).streams.purge(STREAM, { seq: 41 });
  const gaps: object[] = [];
  const reading = read(nats, { from: 11, onGap: (missing) => void gaps.push(missing) });
  await reading.has(60);
  expect(gaps).toEqual([{ from: 11, to: 40 }]);
  expect(reading.revisions()).toEqual(upTo(100, 41));
});

test('gives a message again to a handler that failed, and no other before', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(20);
  relay(nats, log);
  const tried: number[] = [];
  let failures = 3;
  const reading = read(nats, {
    handler: ({ revision }) => {
      tried.push(revision);
      if (revision === 7 && failures-- > 0) throw new Error('not now');
    },
  });
  await vi.waitFor(() => expect(tried.at(-1)).toBe(20), 20_000);
  await reading.end();
  expect(tried).toEqual([...upTo(7), 7, 7, ...upTo(20, 7)]);
});

test('ends when it is told to, also while the bus is down', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(5);
  relay(nats, log);
  const reading = read(nats);
  await reading.has(5);
  await nats.kill();
  await reading.end();
  const never = read(nats);
  await never.end();
});
