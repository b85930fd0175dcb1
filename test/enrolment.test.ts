// How a host becomes one of the system's own, and stops being one.

import { expect, test } from 'vitest';
import { Credentials } from '@egg/service';
import { startStack } from '@egg/testing';
import {
  checkIn,
  databaseOf,
  enrol,
  enrolmentToken,
  type HostRecord,
  hostOf,
  tryEnrol,
} from './scenarios/hosts.ts';

const stack = await startStack({ eggs: 2, gateways: 2 });
const [one = stack.http, other = stack.http] = stack.gateways;
const database = await databaseOf(stack);
const token = await enrolmentToken(stack.http, 'rollout');

test('a host that enrols is there, has a token of its own, and checks in with it at once, over any gateway', async () => {
  const host = await enrol(one, token, 'new-1', { labels: { env: 'prod' } });
  expect((await checkIn(other, host.token)).body).toMatchObject({ status: 0, data: { executions: [] } });
  const shown = await hostOf(one, host.id);
  expect(shown).toMatchObject({
    name: 'new-1',
    platform: 'linux/amd64',
    labels: { env: 'prod' },
    status: 'online',
  });
  expect(shown.enrolled_at).toMatch(/Z$/);
  const history = await one.get<{ actor: string; verb: string }[]>(`/host/history?id=${host.id}`);
  expect(history.body.data).toMatchObject([{ actor: 'rollout', verb: 'enrolled' }]);
  expect(history.text).not.toContain(host.token);
  expect(history.text).not.toContain(token);
});

test('a host that was added and never enrolled is taken, with the platform and the labels that it says', async () => {
  const { body } = await one.post<HostRecord>('/host/add', {
    name: 'added-1',
    platform: 'windows/amd64',
    labels: { a: 'b' },
    address: 'lab',
  });
  expect(body.data).toMatchObject({ id: expect.any(Number) as number, labels: { a: 'b' } });
  expect(body.data).not.toHaveProperty('enrolled_at');
  const host = await enrol(one, token, 'added-1');
  expect(host.id).toBe(body.data.id);
  expect(await hostOf(one, host.id)).toMatchObject({
    platform: 'linux/amd64',
    labels: { a: 'b' },
    address: 'lab',
  });
  await one.post('/host/add', { name: 'added-2', platform: 'linux/arm64', labels: { a: 'b' } });
  const second = await enrol(one, token, 'added-2', { labels: { c: 'd' } });
  expect((await hostOf(one, second.id)).labels).toEqual({ c: 'd' });
});

test('an enrolled host cannot be taken over, and keeps its token', async () => {
  const host = await enrol(one, token, 'taken');
  const again = await tryEnrol(other, token, 'taken', { platform: 'windows/amd64' });
  expect(again).toMatchObject({
    httpStatus: 409,
    body: { code: 'ALREADY_EXISTS', errors: [{ field: 'name' }] },
  });
  expect((await checkIn(one, host.token)).body.status).toBe(0);
  expect((await hostOf(one, host.id)).platform).toBe('linux/amd64');
  const { body } = await one.post<HostRecord>('/host/update', { id: host.id, address: 'rack 4' });
  expect(body.data.enrolled_at).toBeDefined();
  expect((await checkIn(one, host.token)).body.status).toBe(0);
});

test('of many that enrol one name at once, over two replicas, one wins and one use is spent', async () => {
  const limited = await enrolmentToken(one, 'race', 50);
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => tryEnrol(index % 2 === 0 ? one : other, limited, 'raced')),
  );
  const won = answers.filter(({ body }) => body.status === 0);
  expect(won).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === 'ALREADY_EXISTS')).toHaveLength(11);
  expect((await checkIn(one, won[0]?.body.data.token ?? '')).body.status).toBe(0);
  const credential = await new Credentials(database).find(/^egg_([0-9a-f]+)_/.exec(limited)?.[1] ?? '');
  expect(credential?.usesLeft).toBe(49);
});

test('a fleet that comes at once is enrolled, each host by one use', async () => {
  const fleet = await enrolmentToken(one, 'fleet', 310);
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      tryEnrol(index % 2 === 0 ? one : other, fleet, `fleet-${index}`),
    ),
  );
  expect(answers.filter(({ body }) => body.status !== 0).map(({ body }) => body.msg)).toEqual([]);
  expect(new Set(answers.map(({ body }) => body.data.token)).size).toBe(300);
  const credential = await new Credentials(database).find(/^egg_([0-9a-f]+)_/.exec(fleet)?.[1] ?? '');
  expect(credential?.usesLeft).toBe(10);
});

test('a token enrols as many hosts as it has uses, and a refused enrolment spends none', async () => {
  const limited = await enrolmentToken(one, 'few', 2);
  await enrol(one, limited, 'few-1');
  expect((await tryEnrol(one, limited, 'few-1')).body.code).toBe('ALREADY_EXISTS');
  expect((await tryEnrol(one, limited, 'few 2')).body.code).toBe('INVALID_ARGUMENT');
  await enrol(other, limited, 'few-2');
  expect(await tryEnrol(other, limited, 'few-3')).toMatchObject({
    httpStatus: 401,
    body: { code: 'UNAUTHENTICATED' },
  });
});

test('what is no token for enrolment enrols nobody', async () => {
  const host = await enrol(one, token, 'honest');
  for (const wrong of ['x', token.slice(0, -1), `${token}x`, host.token]) {
    const { body } = await tryEnrol(one, wrong, 'wrong');
    expect(body).toMatchObject({ code: 'UNAUTHENTICATED', errors: [{ field: 'enrollment_token' }] });
  }
  const credentials = new Credentials(database);
  const expired = await credentials.issue({
    role: 'enroll',
    name: 'old',
    expiresAt: new Date(Date.now() - 1000),
  });
  await credentials.confirm(expired.key);
  expect((await tryEnrol(one, expired.secret, 'wrong')).body.code).toBe('UNAUTHENTICATED');
  const pending = await credentials.issue({ role: 'enroll', name: 'pending' });
  expect((await tryEnrol(one, pending.secret, 'wrong')).body.code).toBe('UNAUTHENTICATED');
  expect((await one.get<HostRecord[]>('/host/list?q=wrong')).body.data).toEqual([]);
});

test('the same enrolment sent several times at once with its key enrols once', async () => {
  const headers = { 'idempotency-key': 'enrol-at-once' };
  const answers = await Promise.all(
    [one, one, other, one].map((gateway) => tryEnrol(gateway, token, 'at-once', {}, headers)),
  );
  expect(answers.map(({ body }) => body.status)).toEqual([0, 0, 0, 0]);
  expect(answers.filter(({ body }) => body.data.token !== undefined)).toHaveLength(1);
});

test('the same enrolment sent again with its key is answered, without the token', async () => {
  const headers = { 'idempotency-key': 'enrol-once' };
  const first = await tryEnrol(one, token, 'once', {}, headers);
  const again = await tryEnrol(other, token, 'once', {}, headers);
  expect(again.body.data).toEqual({ id: first.body.data.id });
  expect((await checkIn(one, first.body.data.token)).body.status).toBe(0);
  expect((await tryEnrol(one, token, 'once', { labels: { a: 'b' } }, headers)).body.code).toBe(
    'ALREADY_EXISTS',
  );
});

test('when a reset is answered the token holds nowhere, and the host can enrol again', async () => {
  const host = await enrol(one, token, 'reset');
  expect((await checkIn(one, host.token)).body.status).toBe(0);
  expect((await checkIn(other, host.token)).body.status).toBe(0);
  const reset = await one.post<HostRecord>('/host/reset', { id: host.id });
  expect(reset.body.data).not.toHaveProperty('token_key');
  for (const gateway of [one, other]) {
    expect((await checkIn(gateway, host.token)).body.code).toBe('UNAUTHENTICATED');
  }
  const { revision } = (await other.post<HostRecord>('/host/reset', { id: host.id })).body.data;
  expect(revision).toBe(reset.body.data.revision);
  expect((await one.post('/host/reset', { id: host.id }, { 'if-match': '"1"' })).body.code).toBe('ABORTED');
  expect((await one.post('/host/reset', { id: 999_999 })).body.code).toBe('NOT_FOUND');
  const again = await enrol(other, token, 'reset');
  expect(again.id).toBe(host.id);
  expect((await checkIn(one, again.token)).body.status).toBe(0);
  expect((await checkIn(one, host.token)).body.code).toBe('UNAUTHENTICATED');
});

test('a host that is deleted is gone with its token and what it told', async () => {
  const host = await enrol(one, token, 'deleted');
  await checkIn(other, host.token);
  await one.post('/host/delete', { id: host.id });
  for (const gateway of [one, other]) {
    expect((await checkIn(gateway, host.token)).body.code).toBe('UNAUTHENTICATED');
  }
  expect(await database.collection<{ _id: number }>('host_state').findOne({ _id: host.id })).toBeNull();
  const again = await enrol(one, token, 'deleted');
  expect(again.id).toBeGreaterThan(host.id);
});

test('an enrolment that is in the log holds, though the process that made it died before it was said', async () => {
  const credentials = new Credentials(database);
  const { key, secret } = await credentials.issue({ role: 'host', name: 'half' });
  await stack.kill('eggs-1');
  await stack.kill('eggs-2');
  const log = database.collection<{ _id: number; count: number; last_id: number; changed: number }>(
    'hosts_log',
  );
  const [last] = await log.find({}).sort({ _id: -1 }).limit(1).toArray();
  const [revision, id] = [(last?._id ?? 0) + 1, (last?.last_id ?? 0) + 1];
  const at = new Date();
  const record = {
    name: 'half',
    platform: 'linux',
    labels: {},
    address: '',
    enrolled_at: at,
    token_key: key,
  };
  await log.insertOne({
    _id: revision,
    commit_id: 'died',
    at,
    actor: 'rollout',
    from: '',
    request_id: 'r',
    verb: 'enrolled',
    last_id: id,
    count: (last?.count ?? 0) + 1,
    changed: (last?.changed ?? 0) + 1,
    changes: [{ id, after: { id, revision, ...record, created_at: at, updated_at: at } }],
  } as never);
  await stack.restart('eggs-1');
  await stack.restart('eggs-2');
  await expect.poll(async () => (await checkIn(one, secret)).body.status, { timeout: 10_000 }).toBe(0);
  expect(await hostOf(one, id)).toMatchObject({ name: 'half', status: 'online' });
});
