import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CallOptions, type Channel, connect, RpcError, type RpcServer } from '../src/index.ts';
import { call, contract, type Echo, failure, method, Seen, serve, SERVICE, silent, until } from './echo.ts';

describe.each([{ frames: false }, { frames: true }])('calls with frames: $frames', ({ frames }) => {
  let seen: Seen;
  let server: RpcServer;
  let channel: Channel;
  const observed: [string, string][] = [];
  const errors: object[] = [];

  beforeEach(async () => {
    seen = new Seen();
    observed.length = 0;
    errors.length = 0;
    server = await serve(seen, {
      log: { ...silent, error: (fields) => errors.push(fields) },
      observe: ({ name }, code) => observed.push([name, code]),
      authorize(authorization, { name }) {
        if (authorization === 'Bearer wrong') throw new RpcError('UNAUTHENTICATED', 'no such token');
        if (authorization === 'Bearer weak' && name === 'Write')
          throw new RpcError('PERMISSION_DENIED', 'not for you');
        return { name: 'test', role: 'admin' };
      },
    });
    channel = connect({ address: `127.0.0.1:${server.port}`, log: silent, frames });
  });
  afterEach(async () => {
    channel.close();
    await server.stop({ graceMs: 200 });
  });

  test('a call is answered, and the handler knows who calls, from where and how long', async () => {
    const deadline = Date.now() + 5000;
    const metadata = {
      'x-request-id': 'r-1',
      'idempotency-key': 'k',
      'if-match': '"12"',
      'x-forwarded-for': '203.0.113.9, 10.0.0.1',
    };
    expect(await call(channel, 'Write', { text: 'häh 🥚', n: 7 }, { deadline, metadata })).toEqual({
      text: 'häh 🥚',
      n: 7,
    });
    const [context] = seen.contexts;
    expect(context).toMatchObject({
      requestId: 'r-1',
      idempotencyKey: 'k',
      ifMatch: 12,
      from: '203.0.113.9',
      caller: { name: 'test' },
    });
    expect(Math.abs((context?.deadline ?? 0) - deadline)).toBeLessThan(200);
    expect(Buffer.from(context?.requestBytes ?? [])).toEqual(
      Buffer.from(method('Write').request.encode({ text: 'häh 🥚', n: 7 })),
    );
    expect(observed).toEqual([['Write', 'OK']]);
  });

  test('a request id that is none is replaced, and a read has neither key nor revision', async () => {
    await call(
      channel,
      'Read',
      { text: 'a' },
      { metadata: { 'x-request-id': 'no spaces', 'idempotency-key': 'k', 'if-match': '1' } },
    );
    expect(seen.contexts[0]?.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen.contexts[0]).not.toHaveProperty('idempotencyKey');
    expect(seen.contexts[0]).not.toHaveProperty('ifMatch');
    expect(seen.contexts[0]?.from).toBe('127.0.0.1');
    expect(seen.contexts[0]?.deadline).toBe(Infinity);
  });

  test('all that breaks the rules is named', async () => {
    const error = await failure(call(channel, 'Read', { text: '', n: 0 }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.violations.map(({ field }) => field).sort()).toEqual(['n', 'text']);
    expect(seen.contexts).toHaveLength(0);
    expect(observed).toEqual([['Read', 'INVALID_ARGUMENT']]);
  });

  test('bytes that are no message are INVALID_ARGUMENT', async () => {
    const error = await failure(channel.unary(method('Read'), Buffer.from([0x0a, 0xff])));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(error.message).toContain('egg.test.v1.EchoRequest');
  });

  test.each([
    ['idempotency-key', 'x'.repeat(256), 'Idempotency-Key'],
    ['idempotency-key', 'a b', 'Idempotency-Key'],
    ['if-match', 'W/"1"', 'If-Match'],
    ['if-match', '"1', 'If-Match'],
    ['if-match', '*', 'If-Match'],
  ])('%s %j is refused by name', async (key, value, field) => {
    const error = await failure(call(channel, 'Write', { text: 'a' }, { metadata: { [key]: value } }));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', violations: [{ field }] });
  });

  test('a caller without a right is refused before its request is read', async () => {
    const wrong = { metadata: { authorization: 'Bearer wrong' } };
    expect(await failure(channel.unary(method('Read'), Buffer.from([0x0a, 0xff]), wrong))).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'no such token',
    });
    const weak = { metadata: { authorization: 'Bearer weak' } };
    expect(await failure(call(channel, 'Write', { text: 'a' }, weak))).toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    expect(await call(channel, 'Read', { text: 'a' }, weak)).toMatchObject({ text: 'a' });
  });

  test.each([
    'NOT_FOUND',
    'ALREADY_EXISTS',
    'FAILED_PRECONDITION',
    'ABORTED',
    'OUT_OF_RANGE',
    'UNAVAILABLE',
    'RESOURCE_EXHAUSTED',
  ] as const)('%s comes through with its message', async (code) => {
    expect(await failure(call(channel, 'Read', { text: `fail ${code}` }))).toMatchObject({
      code,
      message: `told to fail with ${code}`,
    });
  });

  test('an error of the inside says nothing to the caller and all to the log', async () => {
    const error = await failure(
      call(channel, 'Read', { text: 'throw' }, { metadata: { 'x-request-id': 'r-9' } }),
    );
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'internal error' });
    expect(errors).toMatchObject([
      { request_id: 'r-9', method: `/${SERVICE}/Read`, err: { message: 'secret: /etc/passwd' } },
    ]);
  });

  test('a deadline ends the call on both sides', async () => {
    const before = Date.now();
    const error = await failure(call(channel, 'Read', { text: 'sleep 5000' }, { deadline: before + 150 }));
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect(Date.now() - before).toBeLessThan(1000);
    await until(() => seen.aborted.length === 1);
    expect(await failure(call(channel, 'Read', { text: 'a' }, { deadline: before }))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect(seen.contexts).toHaveLength(1);
  });

  test('whoever goes away ends the work', async () => {
    const controller = new AbortController();
    const work = failure(call(channel, 'Read', { text: 'sleep 5000' }, { signal: controller.signal }));
    await until(() => seen.contexts.length === 1);
    controller.abort();
    expect(await work).toMatchObject({ code: 'CANCELLED' });
    await until(() => seen.aborted.length === 1);
    expect(await failure(call(channel, 'Read', { text: 'a' }, { signal: controller.signal }))).toMatchObject({
      code: 'CANCELLED',
    });
  });

  test('a method that nobody serves is UNIMPLEMENTED', async () => {
    const unknown = { ...method('Read'), path: `/${SERVICE}/Nothing` };
    expect(await failure(channel.unary(unknown, Buffer.alloc(0)))).toMatchObject({ code: 'UNIMPLEMENTED' });
  });

  test('a message over the limit fails alone', async () => {
    const huge = call(channel, 'Read', { text: 'x'.repeat(4 * 1024 * 1024) });
    const small = call(channel, 'Read', { text: 'small' });
    expect(await failure(huge)).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(await small).toMatchObject({ text: 'small' });
    const large = 'x'.repeat(4 * 1024 * 1024 - 100);
    expect((await call(channel, 'Read', { text: large })).text.length).toBe(large.length);
  });

  test('a long list of faults is cut, not lost', async () => {
    const error = await failure(call(channel, 'Read', { text: 'fault 5000' }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.violations.length).toBeGreaterThan(20);
    expect(error.violations[20]).toEqual({ field: 'f[20]', reason: 'is bad 🥚' });
    expect(error.message).toMatch(/^f\[0\] is bad 🥚; .*…$/);
  });

  test.each(['100% of it', 'a\r\nb', '🥚 ü', 'a%0Ab', '"\\'])(
    'the message %j arrives as it is',
    async (message) => {
      expect(await failure(call(channel, 'Read', { text: `say ${message}` }))).toMatchObject({
        code: 'NOT_FOUND',
        message,
      });
    },
  );

  test('a service that stops lets its calls end, takes no more, and is not healthy', async () => {
    expect(await channel.healthy()).toBe(true);
    server.setServing(false);
    expect(await channel.healthy()).toBe(false);
    const work = call(channel, 'Read', { text: 'sleep 300' });
    await until(() => seen.contexts.length === 1);
    const stopped = server.stop({ graceMs: 3000 });
    expect(await work).toMatchObject({ text: 'sleep 300' });
    await stopped;
    const late = await failure(call(channel, 'Read', { text: 'a' }, { deadline: Date.now() + 300 }));
    expect(['UNAVAILABLE', 'DEADLINE_EXCEEDED']).toContain(late.code);
    expect(await channel.healthy()).toBe(false);
  });

  test('after the grace, calls that still go on are UNAVAILABLE', async () => {
    const work = failure(call(channel, 'Write', { text: 'sleep 20000' }));
    await until(() => seen.contexts.length === 1);
    const before = Date.now();
    await server.stop({ graceMs: 100 });
    expect(Date.now() - before).toBeLessThan(1500);
    expect(await work).toMatchObject({ code: 'UNAVAILABLE' });
    await until(() => seen.aborted.length === 1);
  });
});

describe('streams', () => {
  const seen = new Seen();
  let server: RpcServer;
  let channel: Channel;
  beforeAll(async () => {
    server = await serve(seen);
    channel = connect({ address: `127.0.0.1:${server.port}`, log: silent });
  });
  afterAll(async () => {
    channel.close();
    await server.stop({ graceMs: 200 });
  });

  const count = (request: object, options = {}) =>
    channel.serverStream(method('Count'), method('Count').request.encode(request), options);
  const read = (bytes: Uint8Array) => method('Count').reply.decodeReply(bytes) as Echo;

  test('every reply arrives, in order', async () => {
    const got: number[] = [];
    for await (const bytes of count({ text: 'a', n: 5000 })) got.push(read(bytes).n ?? 0);
    expect(got).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1));
  });

  test('an error after some replies is an error', async () => {
    const got: number[] = [];
    const work = (async () => {
      for await (const bytes of count({ text: 'break', n: 9 })) got.push(read(bytes).n ?? 0);
    })();
    expect(await failure(work)).toMatchObject({ code: 'NOT_FOUND', message: 'no third' });
    expect(got).toEqual([1, 2]);
  });

  test('a bad request fails with its details', async () => {
    const work = (async () => {
      for await (const _ of count({ text: '' }));
    })();
    expect(await failure(work)).toMatchObject({ code: 'INVALID_ARGUMENT', violations: [{ field: 'text' }] });
  });

  test('a slow reader holds the handler back, and leaving ends it', async () => {
    const ended = seen.streamEnded;
    for await (const bytes of count({ text: 'x'.repeat(10_000), n: 1_000_000 })) {
      if ((read(bytes).n ?? 0) < 3) continue;
      await sleep(300);
      break;
    }
    expect(seen.streamed).toBeLessThan(2000);
    await until(() => seen.streamEnded === ended + 1);
    const { streamed } = seen;
    await sleep(50);
    expect(seen.streamed).toBe(streamed);
  });

  test('for a slow reader few replies wait, where they are large', async () => {
    const slow = count({ text: 'x'.repeat(1_000_000), n: 1000 })[Symbol.asyncIterator]();
    await slow.next();
    await until(() => seen.streamed > 16);
    await sleep(300);
    expect(seen.streamed, 'what the reader’s own stream holds, and hardly more').toBeLessThan(24);
    await slow.return?.();
  });

  test('a deadline and a signal end a stream', async () => {
    const late = (async () => {
      for await (const _ of count({ text: 'slow', n: 1000 }, { deadline: Date.now() + 150 }));
    })();
    expect(await failure(late)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const signal = AbortSignal.timeout(100);
    const gone = (async () => {
      for await (const _ of count({ text: 'slow', n: 1000 }, { signal }));
    })();
    expect(await failure(gone)).toMatchObject({ code: 'CANCELLED' });
  });

  async function* numbers(upTo: number, then?: () => Promise<void> | void): AsyncGenerator<Uint8Array> {
    for (let n = 1; n <= upTo; n++) yield method('Sum').request.encode({ text: 'n', n });
    await then?.();
  }

  test('a stream of requests has one reply', async () => {
    const reply = await channel.clientStream(method('Sum'), numbers(2000));
    expect(read(reply)).toEqual({ text: 'sum', n: 2001000 });
  });

  test('a stream of requests that breaks never looks complete', async () => {
    seen.sums.length = 0;
    const broken = numbers(100, () => {
      throw new RpcError('ABORTED', 'the source broke');
    });
    expect(await failure(channel.clientStream(method('Sum'), broken))).toMatchObject({ code: 'ABORTED' });
    await until(() => seen.sums.length === 1);
    expect(seen.sums).toEqual(['CANCELLED']);
    const controller = new AbortController();
    const gone = numbers(100, async () => {
      controller.abort();
      await sleep(1000);
    });
    expect(
      await failure(channel.clientStream(method('Sum'), gone, { signal: controller.signal })),
    ).toMatchObject({ code: 'CANCELLED' });
    await until(() => seen.sums.length === 2);
    expect(seen.sums).toEqual(['CANCELLED', 'CANCELLED']);
  });

  function talk(
    requests: AsyncIterable<Uint8Array>,
    options: CallOptions = {},
  ): AsyncIterable<{ text: string; n: number }> {
    return (async function* () {
      for await (const reply of channel.duplex(method('Chat'), requests, options)) yield read(reply);
    })() as never;
  }

  test('both sides of a call can stream, each as fast as the other takes it', async () => {
    const answers: number[] = [];
    for await (const { n } of talk(numbers(5000))) answers.push(n);
    expect(answers).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1));

    seen.streamed = 0;
    let sent = 0;
    async function* large() {
      for (; sent < 2000; sent++) yield method('Chat').request.encode({ text: 'x'.repeat(100_000) });
    }
    const slow = talk(large())[Symbol.asyncIterator]();
    await slow.next();
    await sleep(300);
    const held = sent;
    expect(held, 'nobody reads the answers, so nobody takes the requests').toBeLessThan(500);
    await slow.return?.();
  });

  test('a service that has heard enough ends a call whose source still waits', async () => {
    async function* waiting() {
      yield method('Chat').request.encode({ text: 'enough' });
      await sleep(60_000);
    }
    const answers: string[] = [];
    for await (const { text } of talk(waiting())) answers.push(text);
    expect(answers).toEqual(['enough']);
  });

  test('a call that streams both ways breaks when its source does, when the service does, when the caller is gone', async () => {
    const all = async (requests: AsyncIterable<Uint8Array>, options?: CallOptions) => {
      for await (const _ of talk(requests, options));
    };
    seen.sums.length = 0;
    const broken = numbers(100, () => {
      throw new RpcError('ABORTED', 'the source broke');
    });
    expect(await failure(all(broken))).toMatchObject({ code: 'ABORTED' });
    await until(() => seen.sums.length === 1);
    expect(seen.sums).toEqual(['CANCELLED']);
    async function* breaking() {
      for (;;) {
        yield method('Chat').request.encode({ text: 'break' });
        await sleep(1);
      }
    }
    expect(await failure(all(breaking()))).toMatchObject({ code: 'NOT_FOUND', message: 'told to break' });
    const gone = numbers(3, () => sleep(60_000));
    expect(await failure(all(gone, { signal: AbortSignal.timeout(100) }))).toMatchObject({
      code: 'CANCELLED',
    });
  });

  test('a bad message in a stream is refused while it still flows', async () => {
    async function* bad() {
      yield method('Sum').request.encode({ text: 'n', n: 1 });
      yield method('Sum').request.encode({ text: '', n: 1 });
      for (;;) {
        await sleep(1);
        yield method('Sum').request.encode({ text: 'n', n: 1 });
      }
    }
    expect(await failure(channel.clientStream(method('Sum'), bad()))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'text' }],
    });
  });
});

test('a handler without a method and a method without a handler are named at the start', async () => {
  const { Read, ...rest } = new Seen().handlers();
  const services = { [SERVICE]: { ...rest, Raed: Read! } };
  await expect(serve(new Seen(), { services })).rejects.toThrow(
    /has no method Raed; .*EchoService\/Read has no handler/,
  );
  await expect(serve(new Seen(), { services: { 'egg.test.v1.None': {} } })).rejects.toThrow(
    'egg.test.v1.None',
  );
  const first = await serve(new Seen());
  await expect(serve(new Seen(), { port: first.port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${first.port}`,
  );
  await first.stop();
  expect(contract.services).toHaveLength(1);
});
