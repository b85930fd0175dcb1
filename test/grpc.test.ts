// The service itself, for a caller of gRPC that knows only its address: reflection, health, and the same rules as over HTTP.

import { afterAll, expect, test } from 'vitest';
import type { ServiceError } from '@grpc/grpc-js';
import { type DomainEntry, startStack } from '@egg/testing';
import { faultyFields, reflectionClient } from './scenarios/reflection-client.ts';

const TOKEN = 'an-admin-token-of-a-test';
const DOMAINS = 'egg.blocklists.v1.DomainBlockService';
const COUNTERS = 'egg.blocklists.v1.CounterService';

const [open, closed] = await Promise.all([startStack(), startStack({ env: { EGG_ADMIN_TOKEN: TOKEN } })]);
const client = reflectionClient(open.grpc[0] ?? '');
const guarded = reflectionClient(closed.grpc[0] ?? '');
afterAll(() => {
  client.close();
  guarded.close();
});

async function failure(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => {
      throw new Error('the call succeeded');
    },
    (error: unknown) => error as ServiceError,
  );
}

test('reflection lists the services and their methods', async () => {
  expect(await client.services()).toEqual(
    expect.arrayContaining([
      COUNTERS,
      DOMAINS,
      'egg.blocklists.v1.ProcessBlockService',
      'grpc.health.v1.Health',
    ]),
  );
  expect(await client.methods(DOMAINS)).toEqual(
    expect.arrayContaining(['Add', 'Update', 'Delete', 'List', 'History', 'Changes']),
  );
});

test('what reflection tells is enough to call', async () => {
  const added = (await client.call(DOMAINS, 'Add', { domain: 'Grpc.Example.' })) as { data: DomainEntry };
  expect(added.data).toMatchObject({ domain: 'grpc.example', match: 'subdomains', sources: ['manual'] });
  const list = (await client.call(DOMAINS, 'List', { id: added.data.id })) as { data: DomainEntry[] };
  expect(list.data).toEqual([added.data]);
  const replies = (await client.collect(DOMAINS, 'Changes', { since: 0 })) as {
    data: { added: DomainEntry[] };
  }[];
  expect(replies.flatMap(({ data }) => data.added)).toEqual([added.data]);
  const http = await open.http.get<DomainEntry[]>(`/domain/list?id=${added.data.id}`);
  expect(http.body.data[0]).toMatchObject({ id: added.data.id, revision: added.data.revision });
});

test('the health protocol says that it serves', async () => {
  expect(await client.call('grpc.health.v1.Health', 'Check', { service: '' })).toEqual({ status: 'SERVING' });
  expect(await client.call('grpc.health.v1.Health', 'Check', { service: DOMAINS })).toEqual({
    status: 'SERVING',
  });
});

test.each([
  ['Add', {}, 'domain'],
  ['Add', { domain: '127.1' }, 'domain'],
  ['Add', { domain: 'a.example', source: 'x'.repeat(200) }, 'source'],
  ['Delete', {}, 'id'],
  ['List', { limit: 5000 }, 'limit'],
])('%s of %j is INVALID_ARGUMENT with a BadRequest that names %s', async (method, request, field) => {
  const error = await failure(client.call(DOMAINS, method, request));
  expect(error.code).toBe(3);
  expect(faultyFields(error)).toEqual([field]);
});

test('a write takes its key, its revision and its request id from the metadata', async () => {
  const metadata = { 'idempotency-key': 'grpc-key', 'x-request-id': 'grpc-request' };
  const first = await client.call(DOMAINS, 'Add', { domain: 'key.example' }, { metadata });
  expect(await client.call(DOMAINS, 'Add', { domain: 'key.example' }, { metadata })).toEqual(first);
  const { id } = (first as { data: DomainEntry }).data;
  const moved = client.call(DOMAINS, 'Delete', { id }, { metadata: { 'if-match': '999' } });
  expect((await failure(moved)).code).toBe(10);
});

test('a deadline that is over ends a call', async () => {
  const late = client.call(COUNTERS, 'Update', { field: 'counter_for_domain' }, { timeoutMs: 0 });
  expect((await failure(late)).code).toBe(4);
});

test('with an admin token the service itself asks for it, and reflection and health do not', async () => {
  const read = (metadata: { [key: string]: string }): Promise<unknown> =>
    guarded.call(DOMAINS, 'List', {}, { metadata });
  expect((await failure(read({}))).code).toBe(16);
  expect((await failure(read({ authorization: 'Bearer another-token-than-that' }))).code).toBe(16);
  expect(await read({ authorization: `Bearer ${TOKEN}` })).toMatchObject({ data: [], total: 0 });
  expect(await guarded.call('grpc.health.v1.Health', 'Check', {})).toEqual({ status: 'SERVING' });
});
