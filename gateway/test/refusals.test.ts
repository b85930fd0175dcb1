// Requests that are refused before any service hears of them: each in the envelope, with what is at fault by name.

import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { fakeApp } from './fake-app.ts';
import { domainBlock } from './fake-channel.ts';

const fake = await fakeApp();
const { app, channel } = fake;

afterAll(() => fake[Symbol.asyncDispose]());
beforeEach(() => {
  channel.calls.length = 0;
  channel.on('/egg.blocklists.v1.DomainBlockService/Add', ({ request }) => ({
    data: domainBlock(1, request),
  }));
  channel.on('/egg.blocklists.v1.DomainBlockService/List', () => ({ data: [], total: 0, total_exact: true }));
});

function post(url: string, payload: string | Buffer, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

describe('a request that is at fault is refused, and what is at fault is named', () => {
  const wrong: [name: string, body: string | Buffer, field: string][] = [
    ['no object', '[1]', ''],
    ['null', 'null', ''],
    ['text', '"a"', ''],
    ['no JSON', '{"domain":', ''],
    ['a prototype', '{"domain":"a.example","__proto__":{"x":1}}', ''],
    ['a prototype, escaped', '{"domain":"a.example","__pr\\u006fto__":{"x":1}}', ''],
    ['a constructor', '{"domain":"a.example","constructor":1}', 'constructor'],
    ['a constructor with a prototype', '{"domain":"a.example","constructor":{"prototype":{}}}', ''],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), ''],
    ['half a surrogate', '{"domain":"\\ud800.example"}', 'domain'],
    ['an operator', '{"domain":{"$gt":""}}', 'domain'],
    ['a fraction', '{"domain":"a.example","expires_at":1.5}', 'expires_at'],
    ['an unknown word', '{"domain":"a.example","match":"regex"}', 'match'],
    ['an unknown field', '{"domain":"a.example","domian":"b"}', 'domian'],
  ];
  test.each(wrong)('%s', async (_name, body, field) => {
    const answer = await post('/domain/add', body);
    expect(answer.statusCode).toBe(400);
    const error = answer.json<{ errors: { field: string; reason: string }[] }>();
    expect(error).toMatchObject({
      status: 1,
      code: 'INVALID_ARGUMENT',
      request_id: answer.headers['x-request-id'],
    });
    expect(error.errors.map((one) => one.field)).toContain(field);
    expect(channel.calls).toHaveLength(0);
  });

  const queries: [query: string, fields: string[]][] = [
    ['limit=0', ['limit']],
    ['limit=1e3', ['limit']],
    ['limit=1&limit=2', ['limit']],
    ['id=1&id=1&q=', ['id', 'q']],
    ['nope=1&__proto__=2', ['__proto__', 'nope']],
    ['id[$gt]=0', ['id[$gt]']],
    ['q=%ff', ['q']],
    ['q=%', ['q']],
    ['enabled=maybe&match=none', ['match', 'enabled']],
  ];
  test.each(queries)('GET ?%s', async (query, fields) => {
    const answer = await app.inject(`/domain/list?${query}`);
    expect(answer.statusCode).toBe(400);
    const { errors } = answer.json<{ errors: { field: string }[] }>();
    expect(errors.map(({ field }) => field).sort()).toEqual([...fields].sort());
  });

  test('a query on a POST', async () => {
    const answer = await post('/domain/add?domain=a.example', '{"domain":"b.example"}');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ errors: [{ field: 'domain' }] });
  });

  test('a body on a GET', async () => {
    const answer = await app.inject({ method: 'GET', url: '/domain/list', payload: { id: 1 } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'INVALID_ARGUMENT', errors: [{ field: '' }] });
  });
});

describe('what HTTP itself refuses is in the same envelope', () => {
  test('a route that is not there', async () => {
    const answer = await post('/nope', '{"broken');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ status: 1, code: 'NOT_FOUND', errors: [] });
    expect(answer.headers['x-request-id']).toBeDefined();
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'] as const)(
    '%s on a POST route',
    async (method) => {
      const answer = await app.inject({ method: method as 'GET', url: '/domain/add?x=1' });
      expect(answer.statusCode).toBe(405);
      expect(answer.headers['allow']).toBe('POST');
      expect(answer.json()).toMatchObject({ status: 1, code: 'UNIMPLEMENTED' });
    },
  );

  test('POST on a GET route', async () => {
    const answer = await post('/domain/list', '{}');
    expect(answer.statusCode).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });

  test.each([
    ['text/plain'],
    ['application/xml'],
    ['application/json; charset=utf-16'],
    ['multipart/form-data; boundary=x'],
    ['nonsense'],
  ])('a body of %s', async (type) => {
    const answer = await post('/domain/add', '{"domain":"a.example"}', { 'content-type': type });
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ status: 1, code: 'INVALID_ARGUMENT' });
  });

  test('a compressed body', async () => {
    const answer = await post('/domain/add', '{}', { 'content-encoding': 'gzip' });
    expect(answer.statusCode).toBe(415);
  });

  test('a body over 1 MiB', async () => {
    const answer = await post('/domain/add', JSON.stringify({ domain: 'a'.repeat(1024 * 1024) }));
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({
      status: 1,
      code: 'INVALID_ARGUMENT',
      msg: 'the body is too large',
    });
  });

  test('a path that is no path', async () => {
    const answer = await app.inject('/domain/%ff');
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ status: 1, code: 'INVALID_ARGUMENT' });
    expect(answer.headers['x-request-id']).toBeDefined();
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    '%s is JSON',
    async (type) => {
      const answer = await post('/domain/add', '{"domain":"a.example"}', { 'content-type': type });
      expect(answer.statusCode).toBe(200);
    },
  );

  test('HEAD answers as GET, without a body', async () => {
    const answer = await app.inject({ method: 'HEAD', url: '/domain/list' });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('');
  });
});
