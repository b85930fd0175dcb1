// Access while the database is away: who is known goes on, about who is not nobody can say, and nobody gets in for it.

import { expect, test } from 'vitest';
import { startOwnServers, startStack } from '@egg/testing';
import { addToken, bearer } from './scenarios/access.ts';

const own = await startOwnServers();
const stack = await startStack({ eggs: 1, servers: { mongoUrl: own.mongo.url, natsUrl: own.nats.url } });
const { http } = stack;

test('a token that is known goes on, one that is not is UNAVAILABLE and not wrong, and nothing opens', async () => {
  const admin = await addToken(http, { name: 'first', role: 'admin' });
  const other = await addToken(http, { name: 'other', role: 'admin' }, admin.secret);
  const check = (headers = {}) => http.post('/domain/check', { domain: 'a.example' }, headers);
  expect((await check(bearer(admin.secret))).httpStatus).toBe(200);
  await own.mongo.kill();
  expect((await check(bearer(admin.secret))).httpStatus).toBe(200);
  for (const secret of [other.secret, `egg_${'0'.repeat(16)}_${'a'.repeat(43)}`]) {
    const refused = await check(bearer(secret));
    expect(refused.httpStatus).toBe(503);
    expect(refused.body).toMatchObject({ status: 1, code: 'UNAVAILABLE' });
  }
  expect((await check()).httpStatus).toBe(401);
  expect((await check(bearer('not-a-token'))).httpStatus).toBe(401);
  await own.mongo.start();
  await expect
    .poll(async () => (await check(bearer(other.secret))).httpStatus, { timeout: 10_000 })
    .toBe(200);
});

test('a gateway that starts without the database lets nobody in before it knows the mode', async () => {
  await own.mongo.kill();
  await stack.restart('gateway-1');
  expect((await http.get('/domain/list')).httpStatus).toBe(503);
  expect((await http.get('/healthz')).httpStatus).toBe(200);
  expect((await http.get('/readyz')).httpStatus).toBe(503);
  await own.mongo.start();
  await expect.poll(async () => (await http.get('/domain/list')).httpStatus, { timeout: 10_000 }).toBe(401);
});
