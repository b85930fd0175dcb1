// Streams that fail, stall or lose their client: an answer is whole or visibly broken, and goes at the client's pace.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { RpcError } from '@egg/rpc';
import { domainBlock } from './fake-channel.ts';
import { dial, exchange, listening } from './listening.ts';

const CHANGES = '/egg.blocklists.v1.DomainBlockService/Changes';
const HEAD = { log: 'L1', from: 3, to: 9, snapshot: false };
const fake = await listening({ idleMs: 1000 });
const { channel, url, port, lines } = fake;
afterAll(() => fake[Symbol.asyncDispose]());

/** Each data is one message of the service. */
function answer(...datas: object[]): void {
  channel.on(CHANGES, async function* () {
    for (const data of datas) yield await Promise.resolve({ data });
  });
}

function changes(query = 'since=3', headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/domain/changes?${query}`, { headers });
}

function request(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers }, resolve).on('error', reject);
  });
}

beforeEach(() => {
  channel.calls.length = 0;
  lines.length = 0;
});

describe('what fails', () => {
  test('before the first message is an error like any other', async () => {
    channel.on(CHANGES, () => {
      throw new RpcError('OUT_OF_RANGE', 'the revision is in the future');
    });
    const reply = await changes();
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ status: 1, code: 'OUT_OF_RANGE' });
  });

  test('with no message at all is an error of the server', async () => {
    answer();
    const reply = await changes();
    expect(reply.status).toBe(500);
    expect(await reply.json()).toMatchObject({ status: 1, msg: 'internal error' });
  });

  test.each([{}, { 'accept-encoding': 'gzip' }, { 'accept-encoding': 'br' }])(
    'later breaks the connection: %j',
    async (headers) => {
      channel.on(CHANGES, async function* () {
        for (let id = 1; id <= 5000; id++) {
          // Noise, because what compresses well would wait whole in the compressor.
          const comment = randomBytes(256).toString('base64');
          yield { data: { ...HEAD, added: [domainBlock(id, { comment })] } };
        }
        await Promise.resolve();
        throw new RpcError('INTERNAL', 'internal error', { cause: new Error('secret') });
      });
      const response = await request('/domain/changes?since=3', headers);
      expect(response.statusCode).toBe(200);
      let length = 0;
      const ended = (async () => {
        for await (const chunk of response) length += (chunk as Buffer).length;
      })();
      await expect(ended).rejects.toThrow(/aborted|ECONNRESET|terminated/);
      expect(length).toBeGreaterThan(0);
      await expect
        .poll(() => lines)
        .toContainEqual(expect.objectContaining({ level: 'error', message: 'request failed' }));
    },
  );

  test('later leaves no last chunk on the wire', async () => {
    channel.on(CHANGES, async function* () {
      yield { data: { ...HEAD, added: [domainBlock(1)] } };
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new RpcError('UNAVAILABLE', 'the service stops');
    });
    const text = await exchange(
      port,
      `GET /domain/changes?since=3 HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`,
    );
    expect(text).toContain('name-1.example');
    expect(text).not.toContain('0\r\n\r\n');
  });

  test('while all of it still waits in the compressor is an error like any other', async () => {
    answer({ ...HEAD, removed: [1] }, { added: [domainBlock(1)] }); // out of order
    const reply = await changes('since=3&to=9', { 'accept-encoding': 'gzip' });
    expect(reply.status).toBe(500);
    expect(reply.headers.get('content-encoding')).toBeNull();
    expect(reply.headers.get('etag')).toBeNull();
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(await reply.json()).toMatchObject({ status: 1, msg: 'internal error' });
  });

  test('an array out of order breaks the connection', async () => {
    channel.on(CHANGES, async function* () {
      yield { data: { ...HEAD, removed: [1] } };
      await new Promise((resolve) => setTimeout(resolve, 50));
      yield { data: { added: [domainBlock(1)] } };
    });
    const reply = await changes();
    await expect(reply.text()).rejects.toThrow();
  });
});

describe('the pace is the client’s', () => {
  test('a client that does not read stops the service', async () => {
    await using patient = await listening();
    let made = 0;
    patient.channel.on(CHANGES, async function* () {
      for (; made < 200_000; made++)
        yield await Promise.resolve({ data: { ...HEAD, added: [domainBlock(made + 1)] } });
    });
    const socket = await dial(patient.port);
    socket.pause();
    socket.write('GET /domain/changes?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const stands = async (): Promise<boolean> => {
      const before = made;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return before > 0 && made === before;
    };
    await expect.poll(stands, { timeout: 15_000 }).toBe(true);
    expect(made).toBeLessThan(100_000);
    socket.destroy();
  });

  test('a client that goes away cancels the call', async () => {
    let signal: AbortSignal | undefined;
    channel.on(CHANGES, async function* ({ options }) {
      ({ signal } = options);
      yield { data: HEAD };
      await once(signal as AbortSignal, 'abort');
    });
    const response = await request('/domain/changes?since=3');
    response.destroy();
    await expect.poll(() => signal?.aborted).toBe(true);
  });

  test('a client that goes away cancels a call with one answer, too', async () => {
    let signal: AbortSignal | undefined;
    channel.on('/egg.blocklists.v1.DomainBlockService/List', async ({ options }) => {
      ({ signal } = options);
      await once(signal as AbortSignal, 'abort');
      throw new RpcError('CANCELLED', 'the caller is gone');
    });
    const socket = await dial(port);
    socket.write('GET /domain/list HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => signal !== undefined).toBe(true);
    socket.destroy();
    await expect.poll(() => signal?.aborted).toBe(true);
  });

  test('a service that says nothing for too long is given up: an error at first, a broken answer later', async () => {
    channel.on(CHANGES, async function* ({ options: { signal } }) {
      await once(signal as AbortSignal, 'abort');
      yield { data: HEAD };
    });
    const reply = await changes();
    expect(reply.status).toBe(504);
    expect(await reply.json()).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    channel.on(CHANGES, async function* ({ options: { signal } }) {
      yield { data: HEAD };
      await once(signal as AbortSignal, 'abort');
    });
    await expect((await changes()).text()).rejects.toThrow();
  });
});
