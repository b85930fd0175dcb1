import { expect, test, vi } from 'vitest';
import { ArrayLog } from './array-log.ts';
import { expectWhole, operator, relay, Said, server, soon, stored, STREAM, SUBJECTS } from './stage.ts';

const HOUR_MS = 3_600_000;

test('a server that is killed again and again, with two relays, loses nothing and repeats nothing', async () => {
  const nats = await server();
  const log = new ArrayLog();
  const relays = [relay(nats, log), relay(nats, log)];
  for (let round = 1; round <= 5; round += 1) {
    log.add(4000);
    const part = log.length - 4000 + 700 * round;
    await Promise.any(relays.map((one) => one.caughtUp(part, soon())));
    await nats.kill();
    log.add(100);
    await nats.start();
  }
  await Promise.all(relays.map((one) => one.caughtUp(log.length, soon())));
  await expectWhole(nats, log);
});

test('a bus that is down at the start delays the events and nothing else', async () => {
  const nats = await server(false);
  const log = new ArrayLog();
  log.add(300);
  const one = relay(nats, log);
  await expect(one.caughtUp(1, AbortSignal.timeout(500))).rejects.toThrow('timeout');
  expect(one.position()).toBe(0);
  await nats.start();
  await one.caughtUp(300, soon());
  await expectWhole(nats, log);
});

test('a server that hangs for a while is told the rest when it goes on, and what it had heard but not answered once', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(10);
  const relays = [relay(nats, log), relay(nats, log)];
  await Promise.all(relays.map((one) => one.caughtUp(10, soon())));
  nats.freeze();
  log.add(2000);
  await vi.waitFor(() => expect(relays.every((one) => one.stats().errors > 0)).toBe(true), 20_000);
  expect(relays[0]?.state()).toBe('failing');
  nats.thaw();
  await Promise.all(relays.map((one) => one.caughtUp(log.length, soon())));
  await expectWhole(nats, log);
});

test('a relay can be stopped while the bus is down', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(10);
  const one = relay(nats, log);
  await one.caughtUp(10, soon());
  await nats.kill();
  log.add(10);
  await one.stop();
  expect(one.position()).toBe(10);
});

test('a stream that is deleted is filled again at the same sequences', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(2500);
  const said = new Said();
  // Either of them may be the one that finds it gone.
  const relays = [relay(nats, log, { said }), relay(nats, log, { said })];
  await relays[0]?.caughtUp(log.length, soon());
  const jsm = await operator(nats);
  await jsm.streams.delete(STREAM);
  log.add(50);
  await vi.waitFor(
    async () => expect((await jsm.streams.info(STREAM)).state.last_seq).toBe(log.length),
    10_000,
  );
  await expectWhole(nats, log);
  expect(said.of('warn')).toContain('the bus lost events, they are told again');
});

test('a bus whose data are gone is filled again from the log', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(1500);
  const one = relay(nats, log);
  await one.caughtUp(log.length, soon());
  await nats.kill();
  await nats.wipe();
  log.add(10);
  await nats.start();
  await one.caughtUp(log.length, soon());
  await expectWhole(nats, log);
});

test('a stream that is made again starts with the first commit that is not too old', async () => {
  const nats = await server();
  // A commit a millisecond: the 400th is the first of the last hour, or about that when the stream is made.
  const log = new ArrayLog('first', Date.now() - HOUR_MS - 400);
  log.add(400);
  log.add(20_000);
  const one = relay(nats, log, { maxAgeMs: HOUR_MS });
  await one.caughtUp(log.length, soon());
  const [first] = await stored(nats);
  expect(first?.seq).toBeGreaterThanOrEqual(400);
  expect(first?.seq).toBeLessThan(20_000);
  await expectWhole(nats, log, first?.seq);
});

test('a log whose commits are all too old begins its stream behind them', async () => {
  const nats = await server();
  const log = new ArrayLog('first', Date.now() - 2 * HOUR_MS);
  log.add(50);
  const one = relay(nats, log, { maxAgeMs: HOUR_MS });
  await one.caughtUp(50, soon());
  log.add(5);
  await one.caughtUp(55, soon());
  await expectWhole(nats, log, 51);
});

test('a stream that has more than its log is left as it is, and said to be so', async () => {
  const nats = await server();
  const before = new ArrayLog('before the restore');
  before.add(100);
  const old = relay(nats, before);
  await old.caughtUp(100, soon());
  await old.stop();
  const log = new ArrayLog('after the restore');
  log.add(80);
  const said = new Said();
  const one = relay(nats, log, { said });
  await vi.waitFor(() => expect(one.state()).toBe('ahead'), 10_000);

  // Not when the log gets as long and longer, and not for a relay that comes only then.
  log.add(40);
  const late = relay(nats, log);
  await vi.waitFor(() => expect(late.state()).toBe('ahead'), 10_000);
  await expect(one.caughtUp(1, AbortSignal.timeout(600))).rejects.toThrow('timeout');
  expect(one.state()).toBe('ahead');
  expect(one.stats()).toMatchObject({ published: 0, conflicts: 0 });
  await expectWhole(nats, before);
  const reasons = said.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields);
  expect(reasons).toMatchObject([
    { reason: 'the stream goes to 100, its log only to 80' },
    { reason: '100 is one thing in the stream and another in its log' },
  ]);

  await (await operator(nats)).streams.delete(STREAM);
  await one.caughtUp(120, soon());
  expect(one.state()).toBe('following');
  await expectWhole(nats, log);
});

test('a stream of which nothing is kept any more is believed to be its log’s', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(10);
  const jsm = await operator(nats);
  await jsm.streams.add({ name: STREAM, subjects: SUBJECTS, first_seq: 8 });
  const one = relay(nats, log);
  await one.caughtUp(10, soon());
  await expectWhole(nats, log, 8);
});
