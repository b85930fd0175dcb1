// Who gets in, over every route and every method that there is, and when somebody gets in no more.

import { afterAll, describe, expect, test, vi } from 'vitest';
import { loadContract } from '@egg/contract';
import { connect } from '@egg/rpc';
import { quiet, startStack } from '@egg/testing';
import {
  addToken,
  bearer,
  knock,
  type MadeToken,
  refusal,
  routesOf,
  type TokenRecord,
} from './scenarios/access.ts';
import { databaseOf } from './scenarios/hosts.ts';
import { reflectionClient } from './scenarios/reflection-client.ts';

const contract = loadContract();
const stack = await startStack({ eggs: 1, tasks: 1, gateways: 2 });
const [one = stack.http, other = stack.http] = stack.gateways;
const log = { ...quiet, debug: () => {}, info: () => {}, error: () => {} };

const admin = await addToken(one, { name: 'first', role: 'admin' });
const as = bearer(admin.secret);
const make = (name: string, role: string, more = {}): Promise<MadeToken> =>
  addToken(one, { name, role, ...more }, admin.secret);

const soon = new Date(Date.now() + 1500);
const [expired, revoked, viewer, operator, enroll] = await Promise.all([
  make('expired', 'admin', { expires_at: soon.toISOString() }),
  make('revoked', 'admin'),
  make('viewer', 'viewer'),
  make('operator', 'operator'),
  make('enroll', 'enroll'),
]);
await one.post('/token/delete', { id: revoked.id }, as);
const list = (http = one, secret?: string) =>
  http.get<TokenRecord[]>('/token/list', secret === undefined ? {} : bearer(secret));
await vi.waitFor(async () => expect((await list(one, expired.secret)).httpStatus).toBe(401), 20_000);

const wrong: [string, string | undefined][] = [
  ['no token', undefined],
  ['a wrong token', 'not-a-token-at-all'],
  [
    'a token whose last letter is wrong',
    `${admin.secret.slice(0, -1)}${admin.secret.endsWith('A') ? 'B' : 'A'}`,
  ],
  ['an expired token', expired.secret],
  ['a revoked token', revoked.secret],
];

describe('every route over HTTP', () => {
  const routes = routesOf(contract);

  test.each(wrong)('asks for a token, and %s is none', async (_what, secret) => {
    for (const route of routes) {
      const { httpStatus, headers, body } = await knock(other, route, secret);
      expect([route.path, httpStatus]).toEqual([route.path, 401]);
      expect(headers['www-authenticate']).toBe('Bearer');
      expect(body).toMatchObject({ status: 1, code: 'UNAUTHENTICATED', errors: [] });
      expect(body.request_id).toBe(headers['x-request-id']);
    }
  });

  test('is refused to whose role is too low', async () => {
    for (const route of routes) {
      const low = [enroll.secret];
      if (!route.roles.includes('viewer')) low.push(viewer.secret);
      if (!route.roles.includes('viewer') && !route.roles.includes('operator')) low.push(operator.secret);
      for (const secret of low) {
        const { httpStatus, body } = await knock(other, route, secret);
        expect([route.path, httpStatus]).toEqual([route.path, 403]);
        expect(body).toMatchObject({ status: 1, code: 'PERMISSION_DENIED' });
      }
    }
  });

  test('is open to who may, which shows that the walk above asks for what is there', async () => {
    for (const { verb, path, roles } of routes) {
      if (roles.every((role) => role === 'host')) continue;
      const asked = new AbortController();
      const headers = { ...as, 'content-type': 'application/json' };
      const body = verb === 'POST' ? { body: '{"not json' } : {};
      const { status } = await fetch(one.url + path, {
        method: verb,
        headers,
        signal: asked.signal,
        ...body,
      });
      asked.abort();
      expect([path, [401, 403, 404, 405].includes(status)]).toEqual([path, false]);
    }
  });

  test('but for health and the enrolment, which ask for none', async () => {
    expect((await one.get('/healthz')).httpStatus).toBe(200);
    expect((await one.get('/readyz')).httpStatus).toBe(200);
    const host = { enrollment_token: 'wrong', name: 'h', platform: 'linux/amd64' };
    expect((await one.post('/host/enroll', host)).body.msg).not.toBe('a token is needed');
  });
});

describe('every method over gRPC', async () => {
  for (const service of ['blocklists', 'eggs', 'tasks'] as const) {
    const address = stack.address(service);
    const channel = connect({ address, log });
    const reflection = reflectionClient(address);
    afterAll(() => {
      channel.close();
      reflection.close();
    });
    const served = new Set(await reflection.services());
    const methods = contract.services
      .filter(({ name }) => served.has(name))
      .flatMap((described) => described.methods)
      .filter(({ roles }) => !roles.includes('open'));

    test(`of ${service} asks for a token as HTTP does`, async () => {
      expect(methods.length).toBeGreaterThan(0);
      for (const [what, secret] of wrong) {
        for (const method of methods) {
          const code = await refusal(channel, method, secret);
          expect([what, method.path, code]).toEqual([what, method.path, 'UNAUTHENTICATED']);
        }
      }
      for (const method of methods) {
        expect([method.path, await refusal(channel, method, enroll.secret)]).toEqual([
          method.path,
          'PERMISSION_DENIED',
        ]);
      }
    });
  }
});

describe('a token', () => {
  test('is shown once, and its hash never', async () => {
    const key = { 'idempotency-key': 'shown-once' };
    const first = await one.post<TokenRecord>(
      '/token/add',
      { name: 'once', role: 'viewer' },
      { ...as, ...key },
    );
    const again = await one.post<TokenRecord>(
      '/token/add',
      { name: 'once', role: 'viewer' },
      { ...as, ...key },
    );
    const { secret, ...record } = first.body.data;
    expect(secret).toMatch(/^egg_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect(again.body.data).toEqual(record);
    const credentials = (await databaseOf(stack)).collection<{ _id: string; hash: string }>('credentials');
    const { hash } = (await credentials.findOne({ _id: record.key })) ?? {};
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    for (const path of [
      '/token/list',
      `/token/history?id=${record.id}`,
      '/token/changes?since=0',
      '/audit/list',
    ]) {
      const { text, httpStatus } = await other.get(path, as);
      expect(httpStatus).toBe(200);
      expect(text).not.toContain(secret);
      expect(text).not.toContain(hash);
    }
    expect((await list(one, secret)).httpStatus).toBe(403);
    expect((await one.get('/domain/list', bearer(secret ?? ''))).httpStatus).toBe(200);
  });

  test('that is revoked opens nothing any more on any gateway when that is answered', async () => {
    const token = await make('leaving', 'operator');
    for (const http of [one, other]) {
      expect((await http.get('/domain/list', bearer(token.secret))).httpStatus).toBe(200);
    }
    const answer = await one.post<TokenRecord>('/token/delete', { id: token.id }, as);
    expect(answer.body.data).toMatchObject({ id: token.id, name: 'leaving' });
    for (const http of [other, one]) {
      expect((await http.get('/domain/list', bearer(token.secret))).httpStatus).toBe(401);
    }
  });

  test('that is revoked listens to no events any more', async () => {
    const token = await make('listening', 'viewer');
    const events = await fetch(`${other.url}/events`, { headers: bearer(token.secret) });
    expect(events.status).toBe(200);
    const ended = events.text();
    await one.post('/token/delete', { id: token.id }, as);
    await ended;
  });

  test('is not deleted where the record has moved on', async () => {
    const token = await make('moved', 'viewer');
    const at = (revision: number) => ({ ...as, 'if-match': `"${revision}"` });
    const refused = await one.post('/token/delete', { id: token.id }, at(token.revision + 1));
    expect(refused.body).toMatchObject({ code: 'ABORTED' });
    expect((await one.post('/token/delete', { id: token.id }, at(token.revision))).httpStatus).toBe(200);
    expect((await one.post('/token/delete', { id: token.id }, as)).body).toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each([
    [{ name: 'a b', role: 'viewer' }, 'name'],
    [{ name: 'x', role: 'king' }, 'role'],
    [{ name: 'x', role: 'viewer', uses: 2 }, 'uses'],
    [{ name: 'x', role: 'enroll', uses: 0 }, 'uses'],
    [{ name: 'x', role: 'viewer', expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
  ])('%j is refused, and the field named', async (request, field) => {
    const { httpStatus, body } = await one.post('/token/add', request, as);
    expect(httpStatus).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_ARGUMENT', errors: [{ field }] });
  });

  test('of enrolment shows how often it may still be used', async () => {
    const { id } = await make('rack', 'enroll', { uses: 2 });
    const shown = await one.get<TokenRecord[]>(`/token/list?id=${id}`, as);
    expect(shown.body.data).toMatchObject([{ uses: 2, uses_left: 2 }]);
  });

  test('has a name of its own', async () => {
    const { body } = await one.post('/token/add', { name: 'first', role: 'viewer' }, as);
    expect(body).toMatchObject({ code: 'ALREADY_EXISTS' });
  });
});

test('who guesses tokens is told to wait, and who has one is not kept out by it', async () => {
  const guess = async (number: number) => (await list(one, `guess-${number}`)).httpStatus;
  await expect.poll(async () => guess(Math.random()), { interval: 1 }).toBe(429);
  const refused = await list(one, 'one-more-guess');
  expect(refused.body).toMatchObject({ status: 1, code: 'RESOURCE_EXHAUSTED' });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1);
  expect((await list(one, admin.secret)).httpStatus).toBe(200);
});
