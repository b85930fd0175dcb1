import { once } from 'node:events';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Channel, connect, type RpcError, type RpcServer } from '../src/index.ts';
import { encodeCalls, EXCHANGE } from '../src/frames.ts';
import { call, failure, method, Seen, serve, silent, until } from './echo.ts';
import { Proxy } from './proxy.ts';

let seen: Seen;
let server: RpcServer;
let proxy: Proxy;
let channel: Channel;

beforeEach(async () => {
  seen = new Seen();
  server = await serve(seen);
  proxy = await new Proxy(server.port).listen();
  channel = connect({ address: `127.0.0.1:${proxy.port}`, log: silent });
});
afterEach(async () => {
  channel.close();
  proxy.close();
  await server.stop({ graceMs: 100 });
});

const keyed = { metadata: { 'idempotency-key': 'k' } };
const times = (text: string): number => seen.times.get(text) ?? 0;

test('a thousand calls at once travel on one connection, are handled in order and answered in any', async () => {
  const finished: number[] = [];
  const calls = Array.from({ length: 1000 }, async (_, n) => {
    const text = n % 100 === 0 ? `sleep ${50 - n / 20} ${n}` : `${n}`;
    expect(await call(channel, 'Read', { text })).toEqual({ text, n: 0 });
    finished.push(n);
  });
  await Promise.all(calls);
  expect([...seen.times.keys()].map((text) => Number(text.split(' ').at(-1)))).toEqual(
    Array.from({ length: 1000 }, (_, n) => n),
  );
  expect(finished.indexOf(0)).toBeGreaterThan(finished.indexOf(1));
  expect(proxy.connections).toBe(1);
});

test('when the stream breaks, reads and keyed writes are sent again, and other writes fail at once', async () => {
  await call(channel, 'Read', { text: 'warm' });
  const read = call(channel, 'Read', { text: 'sleep 300 read' });
  const safe = call(channel, 'Write', { text: 'sleep 300 keyed' }, keyed);
  const unsafe = failure(call(channel, 'Write', { text: 'sleep 300 plain' }));
  await until(() => seen.contexts.length === 4);
  const before = Date.now();
  proxy.cut();
  expect(await unsafe).toMatchObject({ code: 'UNAVAILABLE' });
  expect(Date.now() - before).toBeLessThan(200);
  expect(await read).toMatchObject({ text: 'sleep 300 read' });
  expect(await safe).toMatchObject({ text: 'sleep 300 keyed' });
  expect([times('sleep 300 read'), times('sleep 300 keyed'), times('sleep 300 plain')]).toEqual([2, 2, 1]);
  expect(seen.aborted).toHaveLength(3); // the service stopped working for the connection that broke
});

test('a call that was never sent waits for the connection, whatever it is', async () => {
  await call(channel, 'Read', { text: 'warm' });
  proxy.refusing = true;
  proxy.cut();
  await sleep(100);
  const waiting = call(channel, 'Write', { text: 'later' });
  await sleep(300);
  proxy.refusing = false;
  expect(await waiting).toMatchObject({ text: 'later' });
  expect(times('later')).toBe(1);
});

test('where nothing answers, a call is UNAVAILABLE after a while or late at its deadline', async () => {
  proxy.refusing = true;
  const impatient = connect({ address: `127.0.0.1:${proxy.port}`, log: silent, maxWaitMs: 300 });
  const before = Date.now();
  expect(await failure(call(impatient, 'Read', { text: 'a' }))).toMatchObject({ code: 'UNAVAILABLE' });
  expect(Date.now() - before).toBeGreaterThan(250);
  const deadline = Date.now() + 100;
  expect(await failure(call(impatient, 'Read', { text: 'a' }, { deadline }))).toMatchObject({
    code: 'DEADLINE_EXCEEDED',
  });
  impatient.close();
  expect(await failure(call(impatient, 'Read', { text: 'a' }))).toMatchObject({ code: 'UNAVAILABLE' });
});

test('a call that breaks the connection each time is not sent for ever', async () => {
  const stop = setInterval(() => times('sleep 5000') > 0 && proxy.cut(), 20);
  expect(await failure(call(channel, 'Read', { text: 'sleep 5000' }))).toMatchObject({ code: 'UNAVAILABLE' });
  clearInterval(stop);
  expect(times('sleep 5000')).toBeLessThanOrEqual(3);
});

test('closing the channel ends what is under way', async () => {
  const work = failure(call(channel, 'Read', { text: 'sleep 5000' }));
  await until(() => seen.contexts.length === 1);
  channel.close();
  expect(await work).toMatchObject({ code: 'UNAVAILABLE' });
  await until(() => seen.aborted.length === 1);
});

test('more calls in flight than allowed are RESOURCE_EXHAUSTED on either side, and the rest goes on', async () => {
  const few = connect({ address: `127.0.0.1:${proxy.port}`, log: silent, maxInFlight: 10 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 15 }, () => call(few, 'Read', { text: 'sleep 50' })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(await call(few, 'Read', { text: 'a' })).toMatchObject({ text: 'a' });
  few.close();

  const small = await serve(seen, { maxInFlight: 10 });
  const many = connect({ address: `127.0.0.1:${small.port}`, log: silent });
  const answers = await Promise.allSettled(
    Array.from({ length: 15 }, () => call(many, 'Read', { text: 'sleep 50' })),
  );
  const refused = answers.filter((answer): answer is PromiseRejectedResult => answer.status === 'rejected');
  expect(refused.map(({ reason }) => (reason as RpcError).code)).toEqual(Array(5).fill('RESOURCE_EXHAUSTED'));
  many.close();
  await small.stop();
});

test('a service that does not read is not fed without end: what does not fit fails at once', async () => {
  await call(channel, 'Read', { text: 'warm' });
  proxy.stall();
  const text = 'x'.repeat(1024 * 1024);
  const codes: string[] = [];
  const deadline = Date.now() + 1500;
  const calls = Array.from({ length: 40 }, () =>
    call(channel, 'Read', { text }, { deadline }).catch((error: RpcError) => codes.push(error.code)),
  );
  await sleep(100);
  expect(codes.length).toBeGreaterThan(15);
  expect(new Set(codes)).toEqual(new Set(['RESOURCE_EXHAUSTED']));
  await Promise.all(calls);
  expect(codes.filter((code) => code === 'DEADLINE_EXCEEDED').length).toBeGreaterThan(10);
});

test('a caller that does not read holds only its own answers back', async () => {
  const raw = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  const stream = raw.makeBidiStreamRequest<Buffer, Buffer>(EXCHANGE.path, same, same);
  stream.on('error', () => {});
  stream.once('data', () => stream.pause()); // one that never read at all would buffer without end inside grpc-js
  const request = method('Read').request.encode({ text: 'x'.repeat(1024 * 1024) });
  let id = 0;
  for (let i = 0; i < 100; i++)
    stream.write(encodeCalls([{ id: ++id, method: method('Read').path, request }]));
  let handled: number;
  do {
    handled = seen.contexts.length;
    await sleep(500);
  } while (handled === 0 || handled < seen.contexts.length);
  expect(handled).toBeLessThan(60);
  expect(await call(channel, 'Read', { text: 'other' })).toMatchObject({ text: 'other' });
  stream.cancel();
  raw.close();
});

test('frames that are none, and two calls with one id, end the stream and nothing else', async () => {
  const raw = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  const request = method('Read').request.encode({ text: 'sleep 500' });
  const twice = { id: 1, method: method('Read').path, request };
  for (const message of [Buffer.from([0x0a, 0xff]), encodeCalls([twice, twice])]) {
    const stream = raw.makeBidiStreamRequest<Buffer, Buffer>(EXCHANGE.path, same, same);
    stream.resume();
    stream.write(message);
    const [error] = (await once(stream, 'error').catch((thrown: unknown) => [thrown])) as [{ code: number }];
    expect(error.code).toBe(3);
  }
  expect(await call(channel, 'Read', { text: 'other' })).toMatchObject({ text: 'other' });
  raw.close();
});

test('a restart under load loses no call and does none twice, not even plain writes', async () => {
  const direct = connect({ address: `127.0.0.1:${server.port}`, log: silent });
  const { port } = server;
  let n = 0;
  const over = new AbortController();
  const caller = async (): Promise<void> => {
    while (!over.signal.aborted) expect(await call(direct, 'Write', { text: `sleep 3 ${n++}` })).toBeTruthy();
  };
  const callers = Promise.all(Array.from({ length: 20 }, caller));
  for (let i = 0; i < 3; i++) {
    await sleep(150);
    await server.stop({ graceMs: 2000 });
    server = await serve(seen, { port });
  }
  await sleep(300);
  over.abort();
  await callers;
  expect(n).toBeGreaterThan(200);
  expect(seen.times.size).toBe(n);
  expect(new Set(seen.times.values())).toEqual(new Set([1]));
  direct.close();
});

test('a connection that has grown old is replaced, and no call notices', async () => {
  const short = await serve(seen, { maxConnectionAgeMs: 150 });
  const between = await new Proxy(short.port).listen();
  const calls = connect({ address: `127.0.0.1:${between.port}`, log: silent });
  const end = Date.now() + 1500;
  const caller = async (): Promise<void> => {
    while (Date.now() < end) await call(calls, 'Write', { text: 'sleep 2' });
  };
  await Promise.all(Array.from({ length: 10 }, caller));
  expect(between.connections).toBeGreaterThan(2);
  calls.close();
  between.close();
  await short.stop({ graceMs: 100 });
});

test('a service killed in mid-call is UNAVAILABLE at once, and the next one is found', async () => {
  const start = async (port: number) => {
    const child = fork(join(import.meta.dirname, 'echo-process.ts'), [String(port)]);
    const [bound] = (await once(child, 'message')) as [number];
    return { child, port: bound };
  };
  const first = await start(0);
  const killed = connect({ address: `127.0.0.1:${first.port}`, log: silent });
  await call(killed, 'Write', { text: 'warm' });
  const plain = failure(call(killed, 'Write', { text: 'sleep 5000' }));
  const read = call(killed, 'Read', { text: 'sleep 300' });
  await sleep(100);
  const before = Date.now();
  first.child.kill('SIGKILL');
  expect(await plain).toMatchObject({ code: 'UNAVAILABLE' });
  expect(Date.now() - before).toBeLessThan(500);
  const second = await start(first.port);
  expect(await read).toMatchObject({ text: 'sleep 300' });
  expect(await call(killed, 'Write', { text: 'again' })).toMatchObject({ text: 'again' });
  second.child.kill('SIGKILL');
  killed.close();
});
