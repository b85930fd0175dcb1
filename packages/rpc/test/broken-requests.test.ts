// A stream of requests that breaks off never looks complete, however long the service has waited for more when it does: a call of grpc-js
// that is cancelled is ended before it is reset.

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { connect } from '../src/index.ts';
import { failure, method, Seen, serve, silent, until } from './echo.ts';

const seen = new Seen();
const server = await serve(seen);
const address = `127.0.0.1:${server.port}`;
const channel = connect({ address, log: silent });
afterAll(async () => {
  channel.close();
  await server.stop({ graceMs: 200 });
});
beforeEach(() => {
  seen.sums.length = 0;
});

const number = (n: number): Uint8Array => method('Sum').request.encode({ text: 'n', n });

async function* numbers(after: () => Promise<void> = () => Promise.resolve()): AsyncGenerator<Uint8Array> {
  for (let n = 1; n <= 10; n++) yield number(n);
  // The service has read all of it by then, and waits.
  await sleep(150);
  await after();
}

test('when the source fails', async () => {
  const broken = numbers(() => Promise.reject(new Error('the source broke')));
  await expect(channel.clientStream(method('Sum'), broken)).rejects.toThrow('the source broke');
  await until(() => seen.sums.length === 1);
  expect(seen.sums).toEqual(['CANCELLED']);
});

test('when the caller goes', async () => {
  const controller = new AbortController();
  const gone = numbers(async () => {
    controller.abort();
    await sleep(50);
  });
  const { signal } = controller;
  expect(await failure(channel.clientStream(method('Sum'), gone, { signal }))).toMatchObject({
    code: 'CANCELLED',
  });
  await until(() => seen.sums.length === 1);
  expect(seen.sums).toEqual(['CANCELLED']);
});

test('when a program that knows nothing of this system cancels', async () => {
  const client = new Client(address, credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  const call = client.makeClientStreamRequest(method('Sum').path, same, same, () => {});
  call.on('error', () => {});
  call.write(Buffer.from(number(1)));
  await sleep(150);
  call.cancel();
  await until(() => seen.sums.length === 1);
  expect(seen.sums).toEqual(['CANCELLED']);
  client.close();
});

test('one that is complete does', async () => {
  const reply = await channel.clientStream(method('Sum'), numbers());
  expect(method('Sum').reply.decodeReply(reply)).toMatchObject({ n: 55 });
});

test('an empty message is one like any other, also the last', async () => {
  async function* empty() {
    yield* numbers();
    yield new Uint8Array();
  }
  expect(await failure(channel.clientStream(method('Sum'), empty()))).toMatchObject({
    violations: [{ field: 'text', reason: 'is required' }],
  });
});
