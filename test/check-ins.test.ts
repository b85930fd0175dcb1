// What a host hears when it checks in, and what is known of it then.

import { beforeAll, describe, expect, test, vi } from 'vitest';
import { startStack } from '@egg/testing';
import {
  checkIn,
  databaseOf,
  enrol,
  type EnrolledHost,
  enrolmentToken,
  type HostRecord,
  hostOf,
} from './scenarios/hosts.ts';

const stack = await startStack({ eggs: 2, gateways: 2 });
const [one = stack.http, other = stack.http] = stack.gateways;
const database = await databaseOf(stack);
const token = await enrolmentToken(stack.http, 'rollout');
const today = new Date().toISOString().slice(0, 10);

interface Blocked {
  readonly day: string;
  readonly kind: string;
  readonly name: string;
  readonly count: number;
}

const stats = async (query: string): Promise<readonly Blocked[]> =>
  (await one.get<Blocked[]>(`/stats/list?${query}`)).body.data;

describe('the counters that a check-in answers', () => {
  let host: EnrolledHost;
  beforeAll(async () => {
    host = await enrol(one, token, 'counting');
  });

  test('are those of a change within a second, in the history that the list itself names', async () => {
    const waits: number[] = [];
    for (let round = 1; round <= 3; round++) {
      const gateway = round % 2 === 0 ? one : other;
      const { body } = await one.post<{ revision: number }>('/domain/add', { domain: `c${round}.example` });
      const from = performance.now();
      let sent = from;
      const answered = async () => {
        sent = performance.now();
        return (await checkIn(gateway, host.token)).body.data.counters.counter_for_domain;
      };
      await expect.poll(answered).toBe(body.data.revision);
      waits.push(sent - from);
      const { data } = (await checkIn(gateway, host.token)).body;
      expect(data.counters.counter_for_domain).toBe(body.data.revision);
      const changes = await one.get<{ log: string; to: number }>('/domain/changes?since=0');
      expect(data.logs.domain).toBe(changes.body.data.log);
      expect(data.next_check_in_seconds).toBeGreaterThanOrEqual(54);
      expect(data.next_check_in_seconds).toBeLessThanOrEqual(66);
    }
    // The middle one: a machine that does much else may be away for longer once.
    expect(waits.sort((a, b) => a - b)[1]).toBeLessThan(1000);
  });

  test('come though the blocklists and the tasks are down', async () => {
    const { body } = await one.post<{ value: number }>('/counter/update', { field: 'counter_for_process' });
    await stack.kill('blocklists-1');
    await expect
      .poll(async () => (await checkIn(one, host.token)).body.data.counters.counter_for_process)
      .toBe(body.data.value);
    expect((await checkIn(other, host.token)).body.data).toMatchObject({ executions: [], tasks_away: true });
    await stack.restart('blocklists-1');
  });
});

test('a check-in needs a host’s own token', async () => {
  expect((await one.post('/checkin', {})).body.code).toBe('UNAUTHENTICATED');
  expect((await checkIn(one, token)).body.code).toBe('PERMISSION_DENIED');
});

test('what is wrong with a check-in is named, and then nothing of it is kept', async () => {
  const host = await enrol(one, token, 'wrong');
  const eggs = [
    { egg: 'a', version: 'v1.0.0' },
    { egg: 'b', version: '1.0.0' },
    { egg: 'b', version: '1.0.1' },
  ];
  const refused = await checkIn(one, host.token, { eggs, blocked: { domains: [{ domain: '.', count: 1 }] } });
  expect(refused.httpStatus).toBe(400);
  expect(refused.body.errors?.map(({ field }) => field)).toEqual([
    'eggs[0].version',
    'eggs[2].egg',
    'blocked.domains[0].domain',
  ]);
  expect(await hostOf(one, host.id)).toMatchObject({ status: 'offline', eggs: [] });
});

test('a host shows what runs on it, and since when', async () => {
  const host = await enrol(one, token, 'shown');
  await checkIn(one, host.token, { eggs: [{ egg: 'agent', version: '1.0.0' }] });
  const first = await hostOf(one, host.id);
  expect(first).toMatchObject({ status: 'online', eggs: [{ egg: 'agent', version: '1.0.0' }] });
  const eggs = [
    { egg: 'agent', version: '1.0.0' },
    { egg: 'tool', version: '0.1.0-rc.1' },
  ];
  await checkIn(other, host.token, { eggs });
  const second = await hostOf(one, host.id);
  expect(second.eggs[0]).toEqual(first.eggs[0]);
  expect(second.eggs[1]).toMatchObject({ egg: 'tool', version: '0.1.0-rc.1', since: second.last_seen_at });
  expect(second.revision).toBe(first.revision);
});

test('the same check-in twice, at once or again, over two gateways, is counted once', async () => {
  const host = await enrol(one, token, 'twice');
  const body = {
    blocked: {
      domains: [{ domain: 'Twice.Example.', count: 5 }],
      processes: [{ process: 'twice.exe', count: 2 }],
    },
  };
  const keyed = { 'idempotency-key': 'a' };
  await Promise.all([one, other, one, other].map((gateway) => checkIn(gateway, host.token, body, keyed)));
  await checkIn(one, host.token, body, keyed);
  await checkIn(one, host.token, body, { 'idempotency-key': 'b' });
  await checkIn(other, host.token, body, keyed);
  await checkIn(other, host.token, body);
  await checkIn(one, host.token, body);
  expect((await checkIn(one, host.token, {}, keyed)).body.code).toBe('ALREADY_EXISTS');
  await expect
    .poll(() => stats('name=twice.example'))
    .toEqual([{ day: today, kind: 'domain', name: 'twice.example', count: 15 }]);
  expect(await stats('name=twice.exe&kind=process')).toEqual([
    { day: today, kind: 'process', name: 'twice.exe', count: 6 },
  ]);
});

test('what was blocked is counted once though a service is killed again and again meanwhile', async () => {
  const hosts = await Promise.all(Array.from({ length: 8 }, (_, n) => enrol(one, token, `killed-${n}`)));
  const rounds = 15;
  let answered = 0;
  const killing = (async () => {
    for (const share of [0.1, 0.4, 0.7]) {
      const wanted = Math.floor(hosts.length * rounds * share);
      await vi.waitFor(() => expect(answered).toBeGreaterThan(wanted), { timeout: 30_000, interval: 1 });
      await stack.kill('eggs-2');
      await stack.restart('eggs-2');
    }
  })();
  const checkInRounds = async ({ token: own }: EnrolledHost): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const body = { blocked: { domains: [{ domain: 'killed.example', count: 1 }] } };
      const send = () => checkIn(other, own, body, { 'idempotency-key': `k${round}` }).catch(() => undefined);
      // As an agent does: again until it is answered.
      while ((await send())?.body.status !== 0) await new Promise((resolve) => setTimeout(resolve, 50));
      answered++;
    }
  };
  await Promise.all([killing, ...hosts.map(checkInRounds)]);
  expect(answered).toBe(hosts.length * rounds);
  const counted = async (): Promise<number | undefined> => (await stats('name=killed.example'))[0]?.count;
  // What a dead process left is finished by another after half a minute.
  await expect.poll(counted, { timeout: 50_000, interval: 500 }).toBe(answered);
}, 90_000);

describe('the lists', () => {
  beforeAll(async () => {
    await one.post('/egg/add', { name: 'ranged', allow_unsigned: true });
    const make = async (name: string, fields: object, eggs: object[] | undefined): Promise<void> => {
      const host = await enrol(one, token, name, fields);
      if (eggs) await checkIn(one, host.token, { eggs });
    };
    await make('f-1', { labels: { env: 'prod', dc: 'a' } }, [{ egg: 'ranged', version: '1.2.0' }]);
    await make('f-2', { labels: { env: 'prod', dc: 'b' } }, [{ egg: 'ranged', version: '1.10.0' }]);
    await make('f-3', { labels: { env: 'lab' }, platform: 'darwin/arm64' }, [
      { egg: 'ranged', version: '2.0.0-rc.1' },
    ]);
    await make('f-4', { labels: { env: 'lab' } }, undefined);
    await make('f-5', {}, [
      { egg: 'else', version: '1.2.0' },
      { egg: 'ranged', version: '1.10.0+b1' },
    ]);
  });

  const names = async (query: string): Promise<string[]> =>
    (await one.get<HostRecord[]>(`/host/list?q=f-&${query}`)).body.data.map(({ name }) => name);

  test.for([
    ['label=env=prod', ['f-1', 'f-2']],
    ['label=env:prod&label=dc=b', ['f-2']],
    ['label=dc', ['f-1', 'f-2']],
    ['platform=darwin/arm64', ['f-3']],
    ['status=offline', ['f-4']],
    ['status=online&label=env=lab', ['f-3']],
    ['egg=ranged', ['f-1', 'f-2', 'f-3', 'f-5']],
    [`egg=ranged&version=${encodeURIComponent('>=1.2 <1.10')}`, ['f-1']],
    [`egg=ranged&version=${encodeURIComponent('^1.3.0')}&status=online`, ['f-2', 'f-5']],
    ['egg=else&version=2', []],
    ['egg=ranged&status=offline', []],
    ['sort=-id&egg=ranged', ['f-5', 'f-3', 'f-2', 'f-1']],
  ] as const)('of hosts by %s', async ([query, expected]) => {
    expect(await names(query)).toEqual(expected);
    const whole = await one.get<HostRecord[]>(`/host/list?${query}`);
    const found = whole.body.data.map(({ name }) => name).filter((name) => name.startsWith('f-'));
    expect(found).toEqual(expected);
  });

  test.for([
    ['version=1', 'version'],
    ['egg=ranged&version=nonsense', 'version'],
    ['label=%24where', 'label[0]'],
    ['status=asleep', 'status'],
    ['status=online&revision=1', 'status'],
  ] as const)('refuse %s and name it', async ([query, field]) => {
    const { body, httpStatus } = await one.get(`/host/list?${query}`);
    expect([httpStatus, body.errors?.[0]?.field]).toEqual([400, field]);
  });

  test('of versions count hosts, newest first', async () => {
    const eggs = await one.get<{ id: number }[]>('/egg/list?q=ranged');
    const { body } = await one.get(`/egg/instances?egg_id=${eggs.body.data[0]?.id}`);
    expect(body.data).toEqual([
      { version: '2.0.0-rc.1', hosts: 1, online: 1 },
      { version: '1.10.0', hosts: 1, online: 1 },
      { version: '1.10.0+b1', hosts: 1, online: 1 },
      { version: '1.2.0', hosts: 1, online: 1 },
    ]);
    expect((await one.get('/egg/instances?egg_id=999')).body.code).toBe('NOT_FOUND');
  });

  test('of what was blocked go page by page, latest day first', async () => {
    const counts = database.collection<{ _id: string }>('blocked_counts');
    const { countKey, daysBefore } = await import('../services/eggs/src/domain/blocked.ts');
    const days = [1, 2, 40].map((ago) => daysBefore(today, ago));
    await counts.insertMany(
      days.flatMap((day) =>
        ['a', 'b', 'c'].map((name) => ({
          _id: countKey(day, 'domain', `paged.${name}`),
          day,
          kind: 'domain',
          name: `paged.${name}`,
          count: 1,
        })),
      ),
    );
    const found: string[] = [];
    for (let cursor = ''; ;) {
      const query = `kind=domain&until=${days[0]}&limit=2${cursor}`;
      const { body } = await one.get<Blocked[]>(`/stats/list?${query}`);
      found.push(...body.data.map(({ day, name }) => `${day} ${name}`));
      if (body.next_cursor === undefined) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(found).toEqual(days.flatMap((day) => ['a', 'b', 'c'].map((name) => `${day} paged.${name}`)));
    expect(await stats(`name=PAGED.b.&since=${days[1]}`)).toHaveLength(2);
    expect((await one.get('/stats/list?since=2026-02-30')).body.errors?.[0]?.field).toBe('since');
    expect((await one.get('/stats/list?cursor=x')).body.errors?.[0]?.field).toBe('cursor');
  });
});
