// What a caller of the gateway relies on, whatever the table: envelope, errors, coercion, headers.

import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { RpcError } from '@egg/rpc';
import { inNetworks } from '@egg/service';
import { fakeApp } from './fake-app.ts';
import { domainBlock } from './fake-channel.ts';

const ADD = '/egg.blocklists.v1.DomainBlockService/Add';
const UPDATE = '/egg.blocklists.v1.DomainBlockService/Update';
const LIST = '/egg.blocklists.v1.DomainBlockService/List';
const fake = await fakeApp();
const { app, channel, lines } = fake;

afterAll(() => fake[Symbol.asyncDispose]());
beforeEach(() => {
  channel.calls.length = 0;
  lines.length = 0;
  channel.on(ADD, ({ request }) => ({ data: domainBlock(1, request) }));
  channel.on(UPDATE, ({ request }) => ({ data: domainBlock(1, request) }));
  channel.on(LIST, () => ({ data: [domainBlock(1), domainBlock(2)], total: 2, total_exact: true }));
});

function post(url: string, payload: string | Buffer, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

test('a result stands in the envelope, times as RFC 3339', async () => {
  const answer = await post(
    '/domain/add',
    JSON.stringify({ domain: 'a.example', expires_at: '2027-01-01T00:00:00+01:00' }),
  );
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.json()).toEqual({
    status: 0,
    msg: 'ok',
    data: {
      id: 1,
      revision: 1,
      domain: 'a.example',
      match: 'subdomains',
      action: 'block',
      comment: '',
      sources: ['manual'],
      enabled: true,
      expires_at: '2026-12-31T23:00:00.000Z',
      created_at: '2026-01-31T12:00:00.123Z',
      updated_at: '2026-01-31T12:00:00.123Z',
    },
  });
});

test('a query is read as text, and a list has its page fields', async () => {
  const answer = await app.inject('/domain/list?limit=2&enabled=true&sort=-id&q=caf%C3%A9+x');
  expect(channel.calls[0]?.request).toEqual({ limit: 2, enabled: true, sort: '-id', q: 'café x' });
  expect(answer.json()).toMatchObject({
    status: 0,
    data: [{ id: 1 }, { id: 2 }],
    total: 2,
    total_exact: true,
  });
  expect(answer.json()).not.toHaveProperty('next_cursor');
  expect(answer.headers['cache-control']).toBe('no-store');
});

test('decimal strings are integers, and null clears what can be cleared', async () => {
  await post('/domain/update', '{"id":"7","expires_at":null}');
  expect(channel.calls[0]?.request).toEqual({ id: 7, clear: ['expires_at'] });
});

test('a form is read as text, repeated names as a list', async () => {
  await post('/domain/update', 'id=7&sources=a&sources=b&enabled=false', {
    'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
  });
  expect(channel.calls[0]?.request).toEqual({ id: 7, sources: ['a', 'b'], enabled: false });
});

test('an empty body is an empty object', async () => {
  const answer = await app.inject({ method: 'POST', url: '/domain/add' });
  expect(answer.json()).toMatchObject({ errors: [{ field: 'domain', reason: 'is required' }] });
});

describe('errors of a service', () => {
  test.each([
    ['INVALID_ARGUMENT', 400],
    ['FAILED_PRECONDITION', 400],
    ['OUT_OF_RANGE', 400],
    ['UNAUTHENTICATED', 401],
    ['PERMISSION_DENIED', 403],
    ['NOT_FOUND', 404],
    ['ALREADY_EXISTS', 409],
    ['ABORTED', 409],
    ['RESOURCE_EXHAUSTED', 429],
    ['UNAVAILABLE', 503],
    ['DEADLINE_EXCEEDED', 504],
    ['DATA_LOSS', 500],
    ['UNIMPLEMENTED', 500],
    ['CANCELLED', 500],
  ] as const)('%s is %i', async (code, status) => {
    channel.on(ADD, () => {
      throw new RpcError(code, 'because', { violations: [{ field: 'domain', reason: 'so' }] });
    });
    const answer = await post('/domain/add', '{"domain":"a.example"}');
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({
      status: 1,
      msg: 'because',
      code,
      errors: [{ field: 'domain', reason: 'so' }],
      request_id: answer.headers['x-request-id'],
    });
  });

  test('what nobody foresaw is told to the log alone', async () => {
    for (const error of [new Error('E11000 /srv/x.ts'), new RpcError('UNKNOWN', 'at /srv/x.ts:1')]) {
      lines.length = 0;
      channel.on(ADD, () => {
        throw error;
      });
      const answer = await post('/domain/add', '{"domain":"a.example"}', { 'x-request-id': 'r-1' });
      expect(answer.statusCode).toBe(500);
      expect(answer.json()).toMatchObject({ status: 1, msg: 'internal error', request_id: 'r-1' });
      expect(answer.body).not.toMatch(/E11000|srv/);
      expect(lines).toContainEqual(
        expect.objectContaining({
          level: 'error',
          fields: expect.objectContaining({ request_id: 'r-1', err: error }) as object,
        }),
      );
    }
  });
});

describe('the request id', () => {
  test('comes back and goes on', async () => {
    const answer = await app.inject({ url: '/domain/list', headers: { 'x-request-id': 'a.B-9_:x' } });
    expect(answer.headers['x-request-id']).toBe('a.B-9_:x');
    expect(channel.calls[0]?.options.metadata).toEqual({
      'x-request-id': 'a.B-9_:x',
      'x-forwarded-for': '127.0.0.1',
    });
  });

  test.each(['', 'a b', 'é', 'x'.repeat(129)])('is made where %j came', async (given) => {
    const answer = await app.inject({ url: '/nope', headers: { 'x-request-id': given } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('headers that mean something to a write go to the service, and to writes alone', async () => {
  const headers = { 'idempotency-key': 'k-1', 'if-match': '"7"' };
  await post('/domain/add', '{"domain":"a.example"}', headers);
  expect(channel.calls[0]?.options.metadata).toMatchObject(headers);
  await app.inject({ url: '/domain/list', headers });
  expect(channel.calls[1]?.options.metadata).not.toHaveProperty('if-match');
});

test.each([
  ['198.51.100.7', '198.51.100.7'],
  // What comes before the last proxy that is trusted anybody may have written.
  ['203.0.113.1, 198.51.100.7, 10.0.0.9', '198.51.100.7'],
  ['nobody', '127.0.0.1'],
])('where the proxy is trusted, %j comes from %s', async (forwarded, from) => {
  await using trusting = await fakeApp({
    adminToken: 'a-secret-of-a-test',
    trustProxy: inNetworks(['127.0.0.1', '10.0.0.0/8']),
  });
  trusting.channel.on(LIST, () => ({ data: [], total: 0, total_exact: true }));
  const authorization = 'Bearer a-secret-of-a-test';
  await trusting.app.inject({
    url: '/domain/list',
    headers: { authorization, 'x-forwarded-for': forwarded },
  });
  expect(trusting.channel.calls[0]?.options.metadata).toMatchObject({ 'x-forwarded-for': from });
});

test('a header that gRPC cannot carry is named', async () => {
  const answer = await post('/domain/add', '{"domain":"a.example"}', { 'idempotency-key': 'é' });
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ errors: [{ field: 'Idempotency-Key' }] });
});

test('a call has a deadline', async () => {
  await app.inject('/domain/list');
  const { deadline = 0 } = channel.calls[0]?.options ?? {};
  expect(deadline - Date.now()).toBeGreaterThan(9000);
  expect(deadline - Date.now()).toBeLessThanOrEqual(10_000);
});

test('a large answer is compressed for whoever asks', async () => {
  channel.on(LIST, () => ({
    data: Array.from({ length: 100 }, (_, id) => domainBlock(id + 1)),
    total: 100,
    total_exact: true,
  }));
  const plain = await app.inject('/domain/list');
  const packed = await app.inject({ url: '/domain/list', headers: { 'accept-encoding': 'gzip' } });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 4);
});

test('more than the cap of requests at once is refused, but probes are not', async () => {
  await using small = await fakeApp({ maxInFlight: 1 });
  const { promise, resolve } = Promise.withResolvers<object>();
  small.channel.on(LIST, () => promise);
  const first = small.app.inject('/domain/list');
  await expect.poll(() => small.channel.calls.length).toBe(1);
  const second = await small.app.inject('/domain/list');
  expect(second.statusCode).toBe(429);
  expect(second.json()).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  expect((await small.app.inject('/healthz')).statusCode).toBe(200);
  resolve({ data: [], total: 0, total_exact: true });
  expect((await first).statusCode).toBe(200);
  expect((await small.app.inject('/domain/list')).statusCode).toBe(200);
});
