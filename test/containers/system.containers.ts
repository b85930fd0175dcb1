// The system in containers, end to end: through the one published port, with the token, and while its parts are killed.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyChanges,
  type DomainEntry,
  httpClient,
  type HttpClient,
  readChanges,
  readList,
} from '@egg/testing';
import { type Composed, composeUp } from './composed.ts';

let system: Composed;
/** With the token, at the port of the moment. */
let http: HttpClient;

beforeAll(async () => {
  system = await composeUp();
  connect();
});

afterAll(async () => {
  await http?.close();
  await system?.down();
});

function connect(): void {
  const client = httpClient(system.url());
  const authorization = `Bearer ${system.token}`;
  http = {
    ...client,
    get: (path, headers) => client.get(path, { authorization, ...headers }),
    post: (path, body, headers) => client.post(path, body, { authorization, ...headers }),
  };
}

async function add(domain: string): Promise<DomainEntry> {
  const { body } = await http.post<DomainEntry>('/domain/add', { domain });
  expect(body).toMatchObject({ status: 0, data: { domain } });
  return body.data;
}

test('it is ready, and only for who has the token', async () => {
  expect((await http.get('/readyz')).body).toMatchObject({ status: 0 });
  const stranger = httpClient(system.url());
  expect((await stranger.get('/readyz')).httpStatus).toBe(200);
  expect((await stranger.get('/domain/list')).httpStatus).toBe(401);
  expect((await stranger.get('/domain/list', { authorization: 'Bearer 0123456789abcdef' })).httpStatus).toBe(
    401,
  );
  await stranger.close();
});

test('what is added is listed, counted, and told to who asks for changes', async () => {
  const first = await add('first.example');
  const before = await readList(http, '/domain/list');
  const second = await add('second.example');
  await http.post('/domain/delete', { id: first.id });
  const changes = await readChanges(http, '/domain/changes', second.revision - 1);
  const now = await readList(http, '/domain/list');
  expect(applyChanges(before, changes)).toEqual(now);
  expect([...now.keys()]).toEqual([second.id]);
  const counters = await http.get('/counter/list?field=counter_for_domain');
  expect(counters.body.data).toEqual([{ field: 'counter_for_domain', value: changes.to }]);
});

test('who listens hears of a change', async () => {
  const { body } = await fetch(`${system.url()}/events?subjects=egg.domain_block.added`, {
    headers: { authorization: `Bearer ${system.token}` },
    signal: AbortSignal.timeout(20_000),
  });
  let text = '';
  let added: DomainEntry | undefined;
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (!added && text.includes('event: ready')) added = await add('heard.example');
    if (added && text.includes(`"id":"domain_block:${added.revision}"`)) break;
  }
  expect(text).toContain('event: egg.domain_block.added');
});

test('a host enrols and does what a run wants of it, and the audit says where each change came from', async () => {
  const post = async <T>(path: string, sent: object, headers?: Record<string, string>): Promise<T> => {
    const { body } = await http.post<T>(path, sent, headers);
    expect(body, path).toMatchObject({ status: 0 });
    return body.data;
  };
  const { id: egg_id } = await post<{ id: number }>('/egg/add', { name: 'agent' });
  const { secret } = await post<{ secret: string }>('/token/add', { name: 'rollout', role: 'enroll' });
  const host = await post<{ id: number; token: string }>('/host/enroll', {
    enrollment_token: secret,
    name: 'web-1',
    platform: 'linux/amd64',
  });
  const { id: task_id } = await post<{ id: number }>('/task/add', { name: 'say', egg_id, action: 'say' });
  const { id: strategy_id } = await post<{ id: number }>('/strategy/add', { name: 'all', target: {} });
  const { id: run } = await post<{ id: number }>('/task/run', { task_id, strategy_id });
  const authorization = `Bearer ${host.token}`;
  const checkIn = (executions: object[]) =>
    post<{ executions: { id: string; attempt: number }[] }>('/checkin', { executions }, { authorization });
  await expect.poll(async () => (await checkIn([])).executions.length, { timeout: 20_000 }).toBe(1);
  const { executions } = await checkIn([]);
  await checkIn(executions.map(({ id, attempt }) => ({ id, attempt, state: 'succeeded' })));
  const state = async () => (await http.get<{ state: string }[]>(`/run/list?id=${run}`)).body.data[0]?.state;
  await expect.poll(state, { timeout: 20_000 }).toBe('succeeded');
  const { body } = await http.get<{ from: string }[]>('/audit/list?table=eggs&limit=1');
  // Of this machine, as the network of the containers sees it, and not of the gateway.
  expect(body.data[0]?.from).toMatch(/\.1$/);
});

describe.each(['blocklists', 'nats', 'mongo', 'gateway'])('after %s was killed', (service) => {
  test('nothing is lost, and writes go on at the next revision', async () => {
    const kept = await add(`before-${service}.example`);
    const before = await readList(http, '/domain/list');
    await system.restart(service);
    await http.close();
    connect();
    await answers();
    expect(await readList(http, '/domain/list')).toEqual(before);
    expect((await add(`after-${service}.example`)).revision).toBe(kept.revision + 1);
  });
});

/** Resolves when a request succeeds again. */
function answers(): Promise<void> {
  return expect
    .poll(
      () =>
        http.get('/domain/list?limit=1').then(
          ({ httpStatus }) => httpStatus,
          () => 0,
        ),
      {
        timeout: 60_000,
        interval: 250,
      },
    )
    .toBe(200);
}
