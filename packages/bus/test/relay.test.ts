import { expect, test, vi } from 'vitest';
import { startTableRelays } from '../src/index.ts';
import { ArrayLog, commit } from './array-log.ts';
import { bus, expectWhole, operator, relay, Said, server, soon, stored, STREAM, SUBJECTS } from './stage.ts';

test.for([1, 2, 3])(
  'stores every commit once and in order, with %i relays over one log',
  async (replicas) => {
    const nats = await server();
    const log = new ArrayLog();
    log.add(3000);
    const relays = Array.from({ length: replicas }, () => relay(nats, log));
    // Some come while the rest is relayed.
    for (let n = 0; n < 200; n += 1) {
      log.add(1 + (n % 7));
      await new Promise(setImmediate);
    }
    await Promise.all(relays.map((one) => one.caughtUp(log.length, soon())));
    await expectWhole(nats, log);
    const published = relays.reduce((sum, one) => sum + one.stats().published, 0);
    expect(published).toBe(log.length);
    expect(relays.map((one) => [one.state(), one.stats().errors, one.position()])).toEqual(
      relays.map(() => ['following', 0, log.length]),
    );
  },
);

test('relays 20,000 commits', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(20_000);
  const start = performance.now();
  const one = relay(nats, log);
  await one.caughtUp(log.length, soon());
  const seconds = (performance.now() - start) / 1000;
  console.log(`relayed 20,000 commits at ${Math.round(20_000 / seconds)}/s`);
  await expectWhole(nats, log);
  expect(one.stats()).toMatchObject({ published: 20_000, conflicts: 0, errors: 0 });
});

test('tells a commit that nobody announced at the next look', async () => {
  const nats = await server();
  const log = new ArrayLog();
  const one = relay(nats, log);
  await vi.waitFor(() => expect(one.state()).toBe('following'), 20_000);
  log.commits.push(commit(1, { requestId: 'first-1' }));
  await one.caughtUp(1, soon());
  await expectWhole(nats, log);
});

test('keeps the stream for the stated time and size, and lets the oldest go', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(1);
  await relay(nats, log).caughtUp(1, soon());
  const { config } = await (await operator(nats)).streams.info(STREAM);
  expect(config).toMatchObject({
    subjects: SUBJECTS,
    retention: 'limits',
    discard: 'old',
    storage: 'file',
    max_age: 30 * 24 * 3600 * 1e9,
    max_bytes: 1024 ** 3,
  });
});

test('says loudly that its subjects belong to another stream, and goes on when they are free', async () => {
  const nats = await server();
  const jsm = await operator(nats);
  await jsm.streams.add({ name: 'other', subjects: ['egg.>'] });
  const log = new ArrayLog();
  log.add(5);
  const said = new Said();
  const one = relay(nats, log, { said });
  await vi.waitFor(() => expect(one.stats().errors).toBeGreaterThan(2), 10_000);
  expect(one.state()).toBe('failing');
  expect(said.lines.filter(({ level }) => level === 'error')).toMatchObject([
    {
      fields: {
        reason: expect.stringContaining('another stream has subjects of egg.domain_block.>') as string,
      },
    },
  ]);
  await jsm.streams.delete('other');
  await one.caughtUp(5, soon());
  await expectWhole(nats, log);
});

test('a commit that is too large for the bus is told without its records', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.commits.push(
    commit(1, { at: new Date(), changes: [{ id: 9, after: { id: 9, text: 'x'.repeat(1_100_000) } }] }),
  );
  log.commits.push(commit(2, { at: new Date() }));
  await relay(nats, log).caughtUp(2, soon());
  const [large, small] = await stored(nats);
  expect(large?.event).toMatchObject({ id: 'domain_block:1', subject: '9', data: { truncated: true } });
  expect(small?.event).toMatchObject({ id: 'domain_block:2', data: { after: { id: 2 } } });
});

test('a table with a counter has a stream for each, over one log', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(20);
  const relays = startTableRelays({
    bus: bus(nats),
    log: new Said(),
    table: 'domain_block',
    counter: 'counter_for_domain',
    source: log,
  });
  await relays.caughtUp(20, soon());
  await relays.stop();
  await expectWhole(nats, log);
  const steps = await stored(nats, 'egg_counter_for_domain');
  expect(steps.map(({ seq }) => seq)).toEqual(log.commits.map(({ revision }) => revision));
  expect(steps.at(-1)?.event).toMatchObject({
    id: 'counter_for_domain:20',
    data: { field: 'counter_for_domain', value: 20 },
  });
});

test('publishes nothing after it was stopped', async () => {
  const nats = await server();
  const log = new ArrayLog();
  log.add(5000);
  const one = relay(nats, log);
  await one.caughtUp(1, soon());
  await one.stop();
  const last = (await (await operator(nats)).streams.info(STREAM)).state.last_seq;
  expect(one.position()).toBe(last);
  log.add(10);
  await expect(one.caughtUp(log.length, AbortSignal.timeout(300))).rejects.toThrow('timeout');
  await relay(nats, log).caughtUp(log.length, soon());
  await expectWhole(nats, log);
});
