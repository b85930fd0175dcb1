// The panel's nine routes, for a client that knows only them: each with what is missing, empty, mistyped, hostile or unknown.

import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { RpcError } from '@egg/rpc';
import { fakeApp } from './fake-app.ts';
import { contract, domainBlock } from './fake-channel.ts';

type Body = Record<string, unknown>;

interface Route {
  readonly path: string;
  /** Enough for the route to be answered. */
  readonly good: Body;
  readonly required: string[];
}

const ROUTES: Route[] = [
  { path: '/counter/update', good: { field: 'counter_for_domain' }, required: ['field'] },
  { path: '/domain/add', good: { domain: 'a.example' }, required: ['domain'] },
  { path: '/domain/update', good: { id: 1, domain: 'a.example' }, required: ['id'] },
  { path: '/domain/delete', good: { id: 1 }, required: ['id'] },
  { path: '/domain/list', good: { id: 1 }, required: [] },
  { path: '/process/add', good: { process: 'a.exe', signature: '*' }, required: ['process', 'signature'] },
  { path: '/process/update', good: { id: 1, process: 'a.exe' }, required: ['id'] },
  { path: '/process/delete', good: { id: 1 }, required: ['id'] },
  { path: '/process/list', good: { id: 1 }, required: [] },
];

/** As a form would have it. */
function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

const methods = contract.services.flatMap((service) => service.methods.filter(({ original }) => original));
const fake = await fakeApp();
const legacy = await fakeApp({ legacyStatus: true });
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  await legacy[Symbol.asyncDispose]();
});

test('there are nine', () => {
  expect(new Set(methods.map(({ http }) => http?.path))).toEqual(new Set(ROUTES.map(({ path }) => path)));
  expect(methods).toHaveLength(9);
});

describe.each(ROUTES)('$path', ({ path, good, required }) => {
  const method = methods.find(({ http }) => http?.path === path);
  const isGet = method?.http?.verb === 'GET';
  const field = Object.keys(good)[0] ?? '';

  function send(body: Body, kind: 'json' | 'form' = 'json', { app } = fake) {
    const text = new URLSearchParams(
      Object.entries(body).map(([name, value]): [string, string] => [name, plain(value)]),
    ).toString();
    if (isGet) return app.inject(`${path}?${text}`);
    return app.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': kind === 'json' ? 'application/json' : 'application/x-www-form-urlencoded' },
      payload: kind === 'json' ? JSON.stringify(body) : text,
    });
  }

  async function refused(body: Body, fields: string[], kind?: 'json' | 'form') {
    const answer = await send(body, kind);
    expect(answer.statusCode).toBe(400);
    const error = answer.json<{ errors: { field: string }[] }>();
    expect(error).toMatchObject({ status: 1, code: 'INVALID_ARGUMENT' });
    expect([...new Set(error.errors.map((one) => one.field))].sort()).toEqual([...fields].sort());
    expect(fake.channel.calls).toHaveLength(0);
  }

  beforeEach(() => {
    fake.channel.calls.length = 0;
    fake.channel.on(method?.path ?? '', () => ({ data: method?.name === 'List' ? [] : domainBlock(1) }));
  });

  test('what is good is answered, also with numbers as text', async () => {
    const asText = Object.fromEntries(Object.entries(good).map(([name, value]) => [name, plain(value)]));
    for (const answer of [await send(good), await send(asText), await send(good, 'form')]) {
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({ status: 0, msg: 'ok' });
    }
    expect(fake.channel.calls.map(({ request }) => request)).toEqual([good, good, good]);
  });

  if (required.length > 0)
    test('what is missing is named', async () => {
      await refused({}, required);
      await refused({}, required, 'form');
    });

  test('what is empty is named', async () => {
    await refused({ ...good, [field]: '' }, [field]);
    await refused({ ...good, [field]: '' }, [field], 'form');
  });

  test.each([[{ $gt: '' }], [['x', 'y']], [{ $where: 'sleep(1000)' }], [-1.5], [{ toString: 1 }], [[]]])(
    '%j is no value',
    async (value) => {
      if (isGet) await refused({ ...good, [`${field}[$gt]`]: 1 }, [`${field}[$gt]`]);
      else await refused({ ...good, [field]: value }, [field]);
    },
  );

  test('what is unknown is named', async () => {
    await refused({ ...good, $where: '1', nope: 1 }, ['$where', 'nope']);
    await refused({ ...good, nope: 1 }, ['nope'], 'form');
  });

  test('with EGG_LEGACY_STATUS an error comes with 200, whoever makes it', async () => {
    legacy.channel.on(method?.path ?? '', () => {
      throw new RpcError('NOT_FOUND', 'there is no such record');
    });
    const fromService = await send(good, 'json', legacy);
    expect(fromService.statusCode).toBe(200);
    expect(fromService.json()).toMatchObject({ status: 1, code: 'NOT_FOUND' });
    const fromGateway = await send({ nope: 1 }, 'json', legacy);
    expect(fromGateway.statusCode).toBe(200);
    expect(fromGateway.json()).toMatchObject({ status: 1, code: 'INVALID_ARGUMENT' });
  });
});

test('EGG_LEGACY_STATUS changes nothing for other routes', async () => {
  expect((await legacy.app.inject('/domain/history')).statusCode).toBe(400);
  expect((await legacy.app.inject('/nope')).statusCode).toBe(404);
  expect((await legacy.app.inject('/domain/add')).statusCode).toBe(405);
});

test('other routes take no forms', async () => {
  // Whoever calls, also what takes a host's own token.
  await using anybody = await fakeApp({ authorize: () => ({ name: 'test', role: 'admin' }) });
  const others = contract.services
    .flatMap((service) => service.methods)
    .filter(({ http, original, rawField }) => http?.verb === 'POST' && !original && rawField === undefined);
  for (const { http } of others) {
    const answer = await anybody.app.inject({
      method: 'POST',
      url: http?.path ?? '',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'a=1',
    });
    expect([http?.path, answer.statusCode]).toEqual([http?.path, 415]);
  }
});
