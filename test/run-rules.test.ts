// What a run may use, whom it is for, and when it holds back.

import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import { checkIn, databaseOf } from './scenarios/hosts.ts';
import { Agent, executionsOf, makeEgg, makeHosts, post, round, runOf } from './scenarios/runs.ts';

const stack = await startStack({ eggs: 1, tasks: 1 });
const { http } = stack;
const database = await databaseOf(stack);
const agent = await makeEgg(http, 'agent', ['1.0.0', '2.0.0']);
const [linux, other] = await makeHosts(database, 2, (index) => ({
  name: `host-${index}`,
  labels: { env: index === 0 ? 'prod' : 'lab' },
  platform: index === 0 ? 'linux/amd64' : 'plan9/mips',
}));
if (!linux || !other) throw new Error('there are no hosts');
const SUCCEED = () => ({ state: 'succeeded' });
let names = 0;

const add = async (path: string, fields: object): Promise<number> =>
  (await post<{ id: number }>(http, path, { name: `n-${++names}`, ...fields })).id;
const task = (fields: object): Promise<number> =>
  add('/task/add', { egg_id: agent.id, action: 'say', ...fields });
const strategy = (fields: object = {}): Promise<number> => add('/strategy/add', { target: {}, ...fields });
const start = async (task_id: number, strategy_id: number): Promise<number> =>
  (await post<{ id: number }>(http, '/task/run', { task_id, strategy_id })).id;
const update = (): Promise<number> => task({ action: 'update', version_id: agent.versions.get('2.0.0') });
const cancel = (id: number) => post(http, '/run/cancel', { id });

test('a run needs a task and a strategy that are there, and a version that is published', async () => {
  const [some, any] = [await task({}), await strategy()];
  const missing = await http.post('/task/run', { task_id: 999, strategy_id: any });
  expect([missing.body.code, missing.body.errors?.[0]?.field]).toEqual(['INVALID_ARGUMENT', 'task_id']);
  const without = await http.post('/task/run', { task_id: some, strategy_id: 999 });
  expect([without.body.code, without.body.errors?.[0]?.field]).toEqual(['INVALID_ARGUMENT', 'strategy_id']);
  const draft = await post<{ id: number }>(http, '/version/add', { egg_id: agent.id, version: '9.0.0' });
  const unpublished = await task({ action: 'update', version_id: draft.id });
  for (const dry_run of [false, true]) {
    const refused = await http.post('/task/run', { task_id: unpublished, strategy_id: any, dry_run });
    expect([refused.httpStatus, refused.body.code]).toEqual([400, 'FAILED_PRECONDITION']);
  }
});

test('a dry run goes by what hosts last told', async () => {
  await round(
    http,
    [new Agent(linux, 'agent', '1.5.0'), new Agent(other, 'agent', '2.5.0')],
    () => undefined,
  );
  const reached = async (versions: string, hosts: number[] = []): Promise<number[]> => {
    const strategy_id = await strategy({ target: { hosts, eggs: [{ egg: 'agent', versions }] } });
    const body = { task_id: await task({}), strategy_id, dry_run: true };
    const plan = await post<{ waves: { host_ids: number[] }[] }>(http, '/task/run', body);
    return plan.waves.flatMap(({ host_ids }) => host_ids);
  };
  expect(await reached('<2')).toEqual([linux.id]);
  expect(await reached('>=2')).toEqual([other.id]);
  expect(await reached('*', [other.id])).toEqual([other.id]);
  expect(await reached('>3')).toEqual([]);
});

test('the same request again is the same run', async () => {
  const body = { task_id: await task({}), strategy_id: await strategy() };
  const send = () => http.post<{ id: number }>('/task/run', body, { 'idempotency-key': 'again' });
  const [one, two] = [await send(), await send()];
  expect(two.body.data.id).toBe(one.body.data.id);
  await cancel(one.body.data.id);
});

test('what a run uses cannot be deleted until it has ended, and its copies stay', async () => {
  const [gone] = await makeHosts(database, 1, () => ({ name: 'gone' }));
  const [task_id, strategy_id] = [await task({}), await strategy({ target: { hosts: [gone?.id] } })];
  const run = await start(task_id, strategy_id);
  const refused = await http.post('/task/delete', { id: task_id });
  expect([refused.body.code, refused.body.errors?.[0]?.reason]).toEqual([
    'FAILED_PRECONDITION',
    `is used by run ${run}`,
  ]);
  expect((await http.post('/strategy/delete', { id: strategy_id })).body.code).toBe('FAILED_PRECONDITION');
  await cancel(run);
  await post(http, '/task/delete', { id: task_id });
  await post(http, '/strategy/delete', { id: strategy_id });
  await post(http, '/host/delete', { id: gone?.id });
  expect(await runOf(http, run)).toMatchObject({ state: 'cancelled', task: { id: task_id, action: 'say' } });
});

test('a host for whose platform there is no file is rejected, and the others are not held up', async () => {
  const fleet = [new Agent(linux, 'agent', '1.0.0'), new Agent(other, 'agent', '1.0.0')];
  const run = await start(await update(), await strategy({ waves: [{ percent: 100, success_percent: 50 }] }));
  const [work] = await round(http, fleet, SUCCEED);
  expect(work).toMatchObject({
    action: 'update',
    version: { version: '2.0.0' },
    file: { name: 'agent-2.0.0' },
  });
  await round(http, fleet, SUCCEED);
  await expect.poll(async () => (await runOf(http, run)).state).toBe('succeeded');
  const [rejected] = await executionsOf(http, run, '&state=rejected');
  expect(rejected).toMatchObject({ host_id: other.id, attempt: 0 });
  expect(rejected?.message).toContain('plan9/mips');
});

test('outside its windows a run has hosts wait', async () => {
  const windows = [{ cron: '0 0 29 2 *', minutes: 1 }];
  const run = await start(await task({}), await strategy({ windows }));
  expect(await round(http, [new Agent(linux, 'agent')], SUCCEED)).toEqual([]);
  expect(await executionsOf(http, run)).toMatchObject([{ host_id: linux.id, state: 'queued', attempt: 0 }]);
  await cancel(run);
});

test('a host that comes later joins a run that has not ended', async () => {
  const run = await start(await task({}), await strategy({ target: { labels: { env: ['new'] } } }));
  expect(await round(http, [new Agent(linux, 'agent')], SUCCEED)).toEqual([]);
  const [late] = await makeHosts(database, 1, () => ({ name: 'late', labels: { env: 'new' } }));
  if (!late) throw new Error('there is no host');
  const fleet = [new Agent(late, 'agent')];
  await expect
    .poll(async () => (await round(http, fleet, SUCCEED)).map(({ id }) => id))
    .toEqual([`${run}-${late.id}`]);
  await round(http, fleet, SUCCEED);
  await expect.poll(async () => (await runOf(http, run)).state).toBe('succeeded');
});

test('a host can only report what is its own, and only what it was given', async () => {
  const run = await start(await task({}), await strategy({ target: { hosts: [linux.id] } }));
  await round(http, [new Agent(linux, 'agent')], () => undefined);
  const report = (attempt: number) => ({
    executions: [{ id: `${run}-${linux.id}`, attempt, state: 'succeeded' }],
  });
  await checkIn(http, other.token, report(1));
  await checkIn(http, linux.token, report(2));
  expect(await executionsOf(http, run)).toMatchObject([{ state: 'sent', attempt: 1 }]);
  await checkIn(http, linux.token, report(1));
  await checkIn(http, linux.token, {
    executions: [{ id: `${run}-${linux.id}`, attempt: 1, state: 'failed' }],
  });
  expect(await executionsOf(http, run)).toMatchObject([{ state: 'succeeded', attempt: 1 }]);
});

test('only an update can be taken back, and of a run that touched nobody nothing is', async () => {
  const said = await start(await task({}), await strategy());
  expect((await http.post('/run/revert', { id: said })).body.code).toBe('FAILED_PRECONDITION');
  await cancel(said);
  const run = await start(await update(), await strategy({ target: { labels: { env: ['nowhere'] } } }));
  const back = await post<{ id: number; reverts: number }>(http, '/run/revert', { id: run });
  expect(back.reverts).toBe(run);
  expect((await runOf(http, run)).state).toBe('cancelled');
  await expect.poll(async () => (await runOf(http, back.id)).state, { timeout: 10_000 }).toBe('succeeded');
});
