// Tasks, strategies and schedules as they are written over HTTP, with an eggs service beside: what is refused and by which field, what is
// kept, and what cannot be deleted while it is used.

import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, startStack } from '@egg/testing';
import type { Schedule, Task, TaskStrategy } from '@egg/contract/types/tasks';

const stack = await startStack({ eggs: 1, tasks: 2, gateways: 2 });
const [one, other] = stack.gateways;
if (!one || !other) throw new Error('there are two gateways');

interface Record {
  readonly id: number;
  readonly revision: number;
}

let names = 0;
const name = (): string => `name-${++names}`;

async function add<T extends object = object>(path: string, body: object): Promise<T & Record> {
  const { body: answer } = await one!.post<T & Record>(`/${path}/add`, body);
  if (answer.status !== 0) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer.data;
}

async function addFile(content: string): Promise<number> {
  const type = { 'content-type': 'application/octet-stream' };
  return (await one!.post<Record>(`/file/add?name=${name()}`, content, type)).body.data.id;
}

const addTask = (fields: object = {}) =>
  one.post<Task>('/task/add', { name: name(), egg_id: egg, action: 'check', ...fields });
const addStrategy = (fields: object = {}) =>
  one.post<TaskStrategy>('/strategy/add', { name: name(), target: {}, ...fields });
const addSchedule = (fields: object = {}) =>
  one.post<Schedule>('/schedule/add', { name: name(), task_id: task, strategy_id: strategy, ...fields });

function expectRefused({ httpStatus, body }: Answer<unknown>, code: string, ...fields: string[]): void {
  const said = [httpStatus, body.code, body.errors?.map(({ field }) => field)];
  expect(said, JSON.stringify(body)).toEqual([400, code, fields]);
}

const expectInvalid = (answer: Answer<unknown>, ...fields: string[]): void =>
  expectRefused(answer, 'INVALID_ARGUMENT', ...fields);

let [egg, otherEgg, file, version, otherVersion, task, strategy] = [0, 0, 0, 0, 0, 0, 0];

beforeAll(async () => {
  egg = (await add('egg', { name: 'agent', allow_unsigned: true })).id;
  otherEgg = (await add('egg', { name: 'tool', allow_unsigned: true })).id;
  file = await addFile('content');
  const files = [{ platform: 'linux/amd64', file_id: file }];
  version = (await add('version', { egg_id: egg, version: '1.0.0', files })).id;
  otherVersion = (await add('version', { egg_id: otherEgg, version: '1.0.0', files })).id;
  task = (await add('task', { name: 'ground', egg_id: egg, action: 'check' })).id;
  strategy = (await add('strategy', { name: 'ground', target: {} })).id;
});

describe('a task', () => {
  test('carries any JSON object, and shows it again as it was', async () => {
    const payload = JSON.parse(
      '{"":0,"a.b":{"$set":[1.5,-1,1e21,null,true,"ä\\u0000"]},"$x":9007199254740991,"z":{}}',
    ) as object;
    const { body } = await addTask({ payload });
    expect(body.status, JSON.stringify(body)).toBe(0);
    expect(JSON.stringify(body.data.payload)).toBe(JSON.stringify(payload));
    const shown = await other.get<Task[]>(`/task/list?id=${body.data.id}`);
    expect(shown.body.data).toEqual([body.data]);
    const history = await other.get<{ after: Task }[]>(`/task/history?id=${body.data.id}`);
    expect(JSON.stringify(history.body.data[0]?.after.payload)).toBe(JSON.stringify(payload));
  });

  test('carries 64 KiB, and not a byte more', async () => {
    const full = { text: 'ä'.repeat((64 * 1024 - 12) / 2) + 'x' };
    expect(Buffer.byteLength(JSON.stringify(full))).toBe(64 * 1024);
    expect((await addTask({ payload: full })).body.status).toBe(0);
    expectInvalid(await addTask({ payload: { text: `${full.text}x` } }), 'payload');
  });

  test('refuses a payload that is too deep, or that the database would take for something else', async () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    const raw = (payload: string) =>
      one.post('/task/add', `{"name":"${name()}","egg_id":${egg},"action":"check","payload":${payload}}`);
    expect((await raw(nested(32))).body).toMatchObject({ status: 0 });
    for (const depth of [33, 200, 5000, 30_000]) expectInvalid(await raw(nested(depth)), 'payload');
    expectInvalid(await addTask({ payload: { in: { _bsontype: 'Long' } } }), 'payload');
    for (const payload of ['[]', '"text"', '1']) expectInvalid(await raw(payload), 'payload');
  });

  test('names an egg, a file and a version that are there, and a version of its egg', async () => {
    expectInvalid(await addTask({ egg_id: 999 }), 'egg_id');
    expectInvalid(await addTask({ file_id: 999 }), 'file_id');
    expectInvalid(await addTask({ version_id: 999 }), 'version_id');
    expectInvalid(await addTask({ version_id: otherVersion }), 'version_id');
    expectInvalid(await addTask({ action: 'update' }), 'version_id');
    const { body } = await addTask({ action: 'update', version_id: version, file_id: file });
    const { id } = body.data;
    const update = (fields: object) => other.post<Task>('/task/update', { id, ...fields });
    expectInvalid(await update({ egg_id: otherEgg }), 'version_id');
    expectInvalid(await update({ version_id: otherVersion }), 'version_id');
    expectInvalid(await update({ version_id: null }), 'version_id');
    expectInvalid(await update({ file_id: 999 }), 'file_id');
    const moved = await update({ egg_id: otherEgg, version_id: otherVersion, file_id: null });
    expect(moved.body.data).toMatchObject({ egg_id: otherEgg, version_id: otherVersion });
    expect(moved.body.data.file_id).toBeUndefined();
    const emptied = await update({ action: 'check', version_id: null });
    expect(emptied.body.data.version_id).toBeUndefined();
  });

  test('is listed by its egg and its action', async () => {
    const mine = (await add('egg', { name: name() })).id;
    const { data } = (await addTask({ egg_id: mine, action: 'restart' })).body;
    const listed = async (query: string) => (await other.get<Task[]>(`/task/list?${query}`)).body.data;
    expect(await listed(`egg_id=${mine}`)).toEqual([data]);
    expect(await listed('action=restart')).toEqual([data]);
    expect(await listed(`egg_id=${mine}&action=check`)).toEqual([]);
  });
});

describe('a strategy', () => {
  test('is kept with what was not said', async () => {
    const { body } = await addStrategy();
    expect(body.data).toMatchObject({
      target: {},
      waves: [{ percent: 100, soak_seconds: 0, success_percent: 100 }],
      timeout_seconds: 3600,
      max_attempts: 1,
      retry_backoff_seconds: 60,
      queue_ttl_seconds: 604_800,
    });
    expect(body.data.abort).toBeUndefined();
    expect(body.data.max_in_flight).toBeUndefined();
  });

  test('changes what is named, and is emptied by null', async () => {
    const target = {
      labels: { env: ['prod', 'staging'] },
      platforms: ['linux/amd64'],
      eggs: [{ egg: 'agent', versions: '^1.2' }],
    };
    const waves = [{ percent: 1, soak_seconds: 60, success_percent: 90 }, { percent: 50 }, { percent: 100 }];
    const windows = [{ cron: '0 2 * * *', minutes: 60, time_zone: 'Europe/Berlin' }];
    const abort = { failure_percent: 10, min_executions: 5 };
    const { data } = (await addStrategy({ target, waves, windows, abort, max_in_flight: 7 })).body;
    expect(data).toMatchObject({ target, windows, abort, max_in_flight: 7 });
    expect(data.waves.map(({ percent }) => percent)).toEqual([1, 50, 100]);
    const update = (fields: object) =>
      other.post<TaskStrategy>('/strategy/update', { id: data.id, ...fields });
    const renamed = (await update({ name: `${data.name}-2` })).body.data;
    expect(renamed).toEqual({
      ...data,
      name: renamed.name,
      revision: renamed.revision,
      updated_at: renamed.updated_at,
    });
    const emptied = (
      await update({ waves: null, windows: null, abort: null, max_in_flight: null, target: {} })
    ).body.data;
    expect(emptied).toMatchObject({ target: {}, waves: [{ percent: 100 }] });
    expect([emptied.abort, emptied.max_in_flight]).toEqual([undefined, undefined]);
    expect(emptied.windows ?? []).toEqual([]);
    expect(emptied.target.labels).toBeUndefined();
  });

  test.each([
    [
      'waves that do not rise',
      { waves: [{ percent: 50 }, { percent: 50 }, { percent: 100 }] },
      ['waves[1].percent'],
    ],
    ['waves that end early', { waves: [{ percent: 10 }, { percent: 90 }] }, ['waves[1].percent']],
    ['a wave of nobody', { waves: [{ percent: 0 }, { percent: 100 }] }, ['waves[0].percent']],
    [
      'a wave that asks for more than all',
      { waves: [{ percent: 100, success_percent: 101 }] },
      ['waves[0].success_percent'],
    ],
    ['a label without values', { target: { labels: { env: [] } } }, ['target.labels.env']],
    ['a label that is no list', { target: { labels: { env: 'prod' } } }, ['target.labels.env']],
    ['a label with a number', { target: { labels: { env: ['a', 1] } } }, ['target.labels.env']],
    [
      'a label that no host can have',
      { target: { labels: { _bsontype: ['x'] } } },
      ['target.labels._bsontype'],
    ],
    [
      'a range that is none',
      { target: { eggs: [{ egg: 'a' }, { egg: 'b', versions: 'newest' }] } },
      ['target.eggs[1].versions'],
    ],
    ['an egg without a name', { target: { eggs: [{ versions: '1' }] } }, ['target.eggs[0].egg']],
    ['a host that is not there', { target: { hosts: [999] } }, ['target.hosts[0]']],
    ['a target of something else', { target: { host: [1] } }, ['target.host']],
    ['no target', { target: null }, ['target']],
    ['a window that never opens', { windows: [{ cron: '0 0 30 2 *', minutes: 5 }] }, ['windows[0].cron']],
    ['a window of no minutes', { windows: [{ cron: '0 0 * * *', minutes: 0 }] }, ['windows[0].minutes']],
    [
      'a window of no place',
      { windows: [{ cron: '0 0 * * *', minutes: 5, time_zone: 'Mars/Base' }] },
      ['windows[0].time_zone'],
    ],
    ['an abort of half', { abort: { failure_percent: 10 } }, ['abort.min_executions']],
    ['no attempts', { max_attempts: 0 }, ['max_attempts']],
  ])('is refused with %s', async (_what, fields, at) => {
    expectInvalid(await addStrategy(fields), ...at);
    const { id } = (await addStrategy()).body.data;
    if (!('target' in fields && fields.target === null))
      expectInvalid(await other.post('/strategy/update', { id, ...fields }), ...at);
  });
});

describe('a schedule', () => {
  test('is kept with what was not said, and shows when it runs next', async () => {
    const { data } = (await addSchedule({ cron: '30 3 * * *' })).body;
    expect(data).toMatchObject({
      time_zone: 'UTC',
      overlap: 'skip',
      jitter_seconds: 0,
      catch_up_seconds: 600,
      enabled: true,
    });
    const [next, from] = [String(data.next_run_at), String(data.created_at)];
    expect(next).toMatch(/T03:30:00.000Z$/);
    expect(Date.parse(next) - Date.parse(from)).toBeLessThanOrEqual(86_400_000);
    const { body } = await other.post<Schedule>('/schedule/update', { id: data.id, cron: '45 3 * * *' });
    expect(body.data.next_run_at).toMatch(/T03:45:00.000Z$/);
    const off = (await addSchedule({ cron: '30 3 * * *', enabled: false })).body.data;
    expect([off.enabled, off.next_run_at]).toEqual([false, undefined]);
  });

  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const past = new Date(Date.now() - 1000).toISOString();
  test.each([
    ['neither', {}, ['cron']],
    ['two of them', { cron: '* * * * *', every_seconds: 5 }, ['every_seconds']],
    ['all of them', { cron: '* * * * *', every_seconds: 5, at: soon }, ['at']],
    ['a cron that is none', { cron: '* * * *' }, ['cron']],
    ['a date that never comes', { cron: '0 0 31 2,4,6,9,11 *' }, ['cron']],
    ['a time in the past', { at: past }, ['at']],
    ['a time in the past that is not enabled', { at: past, enabled: false }, ['at']],
    ['an end before the start', { every_seconds: 5, start_at: soon, end_at: past }, ['end_at']],
    ['an end in the past', { every_seconds: 5, end_at: past }, ['end_at']],
    ['an end before it is due', { every_seconds: 7200, end_at: soon }, ['end_at']],
    ['no time zone', { cron: '* * * * *', time_zone: 'PST' }, ['time_zone']],
    ['no task', { cron: '* * * * *', task_id: 999 }, ['task_id']],
    ['no strategy', { cron: '* * * * *', strategy_id: 999 }, ['strategy_id']],
    ['no interval', { every_seconds: 0 }, ['every_seconds']],
    ['an overlap of its own', { every_seconds: 5, overlap: 'both' }, ['overlap']],
  ])('is refused with %s', async (_what, fields, at) => {
    expectInvalid(await addSchedule(fields), ...at);
  });

  test('becomes another kind when the first is emptied, and not before', async () => {
    const { id } = (await addSchedule({ cron: '30 3 * * *', enabled: false })).body.data;
    const update = (fields: object) => other.post<Schedule>('/schedule/update', { id, ...fields });
    expectInvalid(await update({ at: soon }), 'at');
    expectInvalid(await update({ cron: null }), 'cron');
    expectInvalid(await update({ cron: null, at: past }), 'at');
    const once = (await update({ cron: null, at: soon })).body.data;
    expect([once.cron, once.at]).toEqual([undefined, soon]);
    expectInvalid(await update({ at: past }), 'at');
    expect((await update({ at: null, every_seconds: 60 })).body.data).toMatchObject({ every_seconds: 60 });
    expectInvalid(await update({ end_at: past }), 'end_at');
    expectInvalid(await update({ time_zone: 'Nowhere' }), 'time_zone');
    expect((await update({ time_zone: 'Europe/Berlin' })).body.data.time_zone).toBe('Europe/Berlin');
    expect((await update({ time_zone: null })).body.data.time_zone).toBe('UTC');
  });

  test('whose time has passed can be changed in all else, but not enabled again', async () => {
    const at = new Date(Date.now() + 1500).toISOString();
    const key = { 'idempotency-key': 'once' };
    const body = { name: name(), task_id: task, strategy_id: strategy, at, enabled: false };
    const added = await one.post<Schedule>('/schedule/add', body, key);
    const { id } = added.body.data;
    await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(at));
    const again = await other.post<Schedule>('/schedule/add', body, key);
    expect(again.body.data, again.text).toEqual(added.body.data);
    const update = (fields: object) => other.post<Schedule>('/schedule/update', { id, ...fields });
    expect((await update({ jitter_seconds: 5, at })).body.data).toMatchObject({ jitter_seconds: 5 });
    expectInvalid(await update({ enabled: true }), 'at');
  });
});

describe('what is used', () => {
  test('is not deleted in either service, and who uses it is named', async () => {
    const [usedEgg, usedFile] = [(await add('egg', { name: name() })).id, await addFile('used')];
    const usedVersion = (
      await add('version', {
        egg_id: usedEgg,
        version: '1.0.0',
        files: [{ platform: 'any', file_id: usedFile }],
      })
    ).id;
    const alone = await addFile('alone');
    const host = (await add('host', { name: name(), platform: 'linux/amd64' })).id;
    const fields = { egg_id: usedEgg, version_id: usedVersion, file_id: alone };
    const usingTask = (await addTask(fields)).body.data.id;
    const usingStrategy = (await addStrategy({ target: { hosts: [host] } })).body.data.id;
    const schedule = (
      await addSchedule({ task_id: usingTask, strategy_id: usingStrategy, cron: '0 0 1 1 *' })
    ).body.data.id;

    const remove = (path: string, id: number) => other.post<Record>(`/${path}/delete`, { id });
    const expectUsed = async (path: string, id: number, ...by: string[]): Promise<void> => {
      const answer = await remove(path, id);
      expectRefused(answer, 'FAILED_PRECONDITION', ...by.map(() => 'id'));
      const reasons = answer.body.errors?.map(({ reason }) => reason) ?? [];
      expect(reasons.toSorted()).toEqual(by.map((user) => `is used by ${user}`).toSorted());
    };
    await expectUsed('egg', usedEgg, `egg_versions ${usedVersion}`, `egg_tasks ${usingTask}`);
    await expectUsed('version', usedVersion, `egg_tasks ${usingTask}`);
    await expectUsed('file', alone, `egg_tasks ${usingTask}`);
    await expectUsed('host', host, `task_strategies ${usingStrategy}`);
    await expectUsed('task', usingTask, `schedules ${schedule}`);
    await expectUsed('strategy', usingStrategy, `schedules ${schedule}`);

    expect((await one.post('/task/update', { id: usingTask, file_id: null })).body.status).toBe(0);
    expect((await remove('file', alone)).body.status).toBe(0);
    expect((await one.post('/strategy/update', { id: usingStrategy, target: {} })).body.status).toBe(0);
    expect((await remove('host', host)).body.status).toBe(0);
    for (const [path, id] of [
      ['schedule', schedule],
      ['task', usingTask],
      ['strategy', usingStrategy],
      ['version', usedVersion],
      ['egg', usedEgg],
    ] as const)
      expect((await remove(path, id)).body, path).toMatchObject({ status: 0, data: { id } });
  });

  test('cannot be named while the service that has it is away, and nothing is written', async () => {
    const before = (await one.get<Task[]>('/task/list?sort=-id&limit=1')).body;
    const { id } = (await addTask()).body.data;
    await stack.kill('eggs-1');
    const refused = [
      await addTask(),
      await addTask({ version_id: version }),
      await addTask({ file_id: file }),
      await one.post('/task/update', { id, version_id: version }),
      await addStrategy({ target: { hosts: [1] } }),
    ];
    for (const { httpStatus, body } of refused)
      expect([httpStatus, body.code], JSON.stringify(body)).toEqual([503, 'UNAVAILABLE']);
    expect((await one.post('/task/update', { id, payload: { still: 'works' } })).body.status).toBe(0);
    expect((await addSchedule({ cron: '0 0 1 1 *' })).body.status).toBe(0);
    await stack.restart('eggs-1');
    const after = (await one.get<Task[]>('/task/list?sort=-id&limit=1')).body;
    expect(after.total).toBe((before.total ?? 0) + 1);
    await expect
      .poll(async () => (await addTask({ version_id: version })).body.status, { timeout: 10_000 })
      .toBe(0);
  });
});
