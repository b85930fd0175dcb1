// Who may reach the gateway: this machine alone while it is open, whoever has the token once it is closed.

import { afterAll, describe, expect, test } from 'vitest';
import { RpcError } from '@egg/rpc';
import { ConfigError, createMetrics, fixedAccess, parseConfig } from '@egg/service';
import { startGateway } from '../src/start.ts';
import { fakeApp } from './fake-app.ts';
import { contract, domainBlock } from './fake-channel.ts';

const TOKEN = 'correct-horse-battery';
const LIST = '/egg.blocklists.v1.DomainBlockService/List';
const ADD = '/egg.blocklists.v1.DomainBlockService/Add';

describe('open', async () => {
  const { app, channel, ...fake } = await fakeApp();
  channel.on(LIST, () => ({ data: [], total: 0, total_exact: true }));
  afterAll(() => fake[Symbol.asyncDispose]());

  function list(headers: Record<string, string>, url = '/domain/list') {
    return app.inject({ url, headers });
  }

  test.each([
    ['localhost'],
    ['localhost:8080'],
    ['LOCALHOST:80'],
    ['panel.localhost:8080'],
    ['127.0.0.1'],
    ['127.8.9.10:8080'],
    ['[::1]'],
    ['[::1]:8080'],
  ])('the Host %s is this machine', async (host) => {
    expect((await list({ host })).statusCode).toBe(200);
  });

  test.each([
    ['evil.example'],
    ['evil.example:8080'],
    ['localhost.evil.example'],
    ['127.0.0.1.evil.example'],
    ['evil.example#localhost'],
    ['localhost@evil.example'],
    ['192.168.1.1'],
    ['10.0.0.1:8080'],
    ['0.0.0.0'],
    ['[::]'],
    ['[::ffff:127.0.0.1]'],
    ['2130706433'],
  ])('the Host %j is refused', async (host) => {
    const answer = await list({ host });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ status: 1, code: 'PERMISSION_DENIED' });
    expect(answer.json<{ msg: string }>().msg).toContain('EGG_ADMIN_TOKEN');
  });

  test.each([
    [{ origin: 'http://localhost:8080' }],
    [{ 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('%j is a page of its own', async (headers) => {
    expect((await list({ host: 'localhost:8080', ...headers })).statusCode).toBe(200);
  });

  test.each([
    [{ origin: 'null' }],
    [{ origin: '' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'http://localhost:3000' }],
    [{ origin: 'http://localhost' }],
    [{ origin: 'http://127.0.0.1:8080' }],
    [{ origin: 'http://localhost:8080.evil.example' }],
    [{ origin: 'http://localhost:8080/' }],
    [{ origin: 'file://localhost:8080' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ forwarded: 'for=1.2.3.4' }],
    [{ 'x-forwarded-for': '1.2.3.4' }],
    [{ 'X-Forwarded-Host': 'localhost' }],
    [{ 'x-forwarded-anything': '1' }],
  ])('%j is foreign', async (headers) => {
    for (const url of ['/domain/list', '/healthz', '/nope', '/docs']) {
      const answer = await list({ host: 'localhost:8080', ...headers }, url);
      expect(answer.statusCode, url).toBe(403);
      expect(answer.json()).toMatchObject({ code: 'PERMISSION_DENIED', errors: [] });
    }
  });
});

describe('closed', async () => {
  const { app, channel, lines, ...fake } = await fakeApp({ adminToken: TOKEN });
  channel.on(ADD, ({ request }) => ({ data: domainBlock(1, request) }));
  channel.on(LIST, () => ({ data: [], total: 0, total_exact: true }));
  afterAll(() => fake[Symbol.asyncDispose]());

  const gets = contract.services.flatMap(({ methods }) =>
    methods.flatMap(({ http }) => (http?.verb === 'GET' ? http.path : [])),
  );
  test.each([...gets, '/metrics', '/openapi.json', '/docs', '/docs/json', '/docs/static/index.css'])(
    'GET %s asks for a token',
    async (url) => {
      for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${TOKEN}` }]) {
        const answer = await app.inject({ url, headers });
        expect(answer.statusCode).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.json()).toMatchObject({ status: 1, code: 'UNAUTHENTICATED' });
      }
    },
  );

  test.each(['/healthz', '/readyz'])('GET %s asks for none', async (url) => {
    expect((await app.inject(url)).statusCode).toBe(200);
  });

  test('who has the token gets in, from any Host and through a proxy, and the service hears of it', async () => {
    const answer = await app.inject({
      url: '/domain/list',
      headers: { host: 'panel.example', 'x-forwarded-for': '1.2.3.4', authorization: `Bearer ${TOKEN}` },
    });
    expect(answer.statusCode).toBe(200);
    expect(channel.calls.at(-1)?.options.metadata).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'x-forwarded-for': '127.0.0.1',
    });
    expect(
      (await app.inject({ url: '/docs', headers: { authorization: `Bearer ${TOKEN}` } })).statusCode,
    ).toBe(200);
  });

  test('a body without a token is not even read', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/domain/add',
      payload: '{"broken',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode).toBe(401);
  });

  test('no line of the log holds a token', async () => {
    await app.inject({ url: `/domain/list?q=${TOKEN}`, headers: { authorization: `Bearer ${TOKEN}` } });
    await app.inject({ url: `/nope?token=${TOKEN}`, headers: { authorization: `Bearer ${TOKEN}x` } });
    expect(lines.length).toBeGreaterThan(3);
    expect(JSON.stringify(lines)).not.toContain(TOKEN);
  });
});

test('a role that is too low is refused with 403', async () => {
  await using fake = await fakeApp({
    authorize: () => {
      throw new RpcError('PERMISSION_DENIED', 'this needs the role operator');
    },
  });
  const answer = await fake.app.inject('/domain/list');
  expect(answer.statusCode).toBe(403);
  expect(answer.json()).toMatchObject({ code: 'PERMISSION_DENIED', msg: 'this needs the role operator' });
});

test('an authorisation that takes a while is waited for', async () => {
  await using fake = await fakeApp({
    authorize: async () => {
      await Promise.resolve();
      throw new RpcError('UNAUTHENTICATED', 'the token is not valid');
    },
  });
  expect((await fake.app.inject('/domain/list')).statusCode).toBe(401);
});

describe('the address it listens on', () => {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

  function start(env: Record<string, string>) {
    const config = parseConfig({ EGG_HTTP_PORT: '0', ...env });
    const context = { name: 'gateway', config, log: log as never, metrics: createMetrics() };
    return startGateway({ ...context, contract, access: fixedAccess(config) });
  }

  test.each(['0.0.0.0', '::', '192.168.1.1', 'example.org', '127.0.0.1.example.org'])(
    'is not %s without an admin token',
    async (host) => {
      const started = start({ EGG_HTTP_HOST: host });
      await expect(started).rejects.toThrow(ConfigError);
      await expect(started).rejects.toThrow(/EGG_HTTP_HOST.*EGG_ADMIN_TOKEN/);
    },
  );

  test('may be any with one', async () => {
    const running = await start({ EGG_HTTP_HOST: '0.0.0.0', EGG_ADMIN_TOKEN: TOKEN });
    await running.stop();
  });
});
