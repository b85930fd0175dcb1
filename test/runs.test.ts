// Runs as an operator and the hosts see them: started, handed out wave by wave, ended, aborted, held and taken back.

import { expect, test } from 'vitest';
import { readEvents, startStack } from '@egg/testing';
import { databaseOf } from './scenarios/hosts.ts';
import {
  Agent,
  executionsOf,
  makeEgg,
  makeHosts,
  post,
  round,
  type RunRecord,
  runOf,
  type Work,
} from './scenarios/runs.ts';

const stack = await startStack({ eggs: 2, tasks: 2, gateways: 2 });
const { http } = stack;
const database = await databaseOf(stack);

const agent = await makeEgg(http, 'agent', ['1.0.0', '2.0.0', '3.0.0']);
const hosts = await makeHosts(database, 100, (index) => ({
  name: `fleet-${index}`,
  labels: { env: 'prod', lane: String(index % 10) },
}));
const fleet = hosts.map((host) => new Agent(host, 'agent', '1.0.0'));
const SUCCEED = () => ({ state: 'succeeded', exit_code: 0 });

const strategy = async (name: string, fields: object): Promise<number> =>
  (await post<{ id: number }>(http, '/strategy/add', { name, target: {}, ...fields })).id;
const task = async (name: string, fields: object): Promise<number> =>
  (await post<{ id: number }>(http, '/task/add', { name, egg_id: agent.id, ...fields })).id;
const start = async (task_id: number, strategy_id: number): Promise<number> =>
  (await post<{ id: number }>(http, '/task/run', { task_id, strategy_id })).id;

test('a run over three hosts is handed out, reported and over', async () => {
  const three = fleet.slice(0, 3);
  const ids = three.map(({ host }) => host.id);
  const run = await start(
    await task('say', { action: 'say', payload: { text: 'hello' } }),
    await strategy('three', { target: { hosts: ids } }),
  );
  const work = await round(http, three, SUCCEED);
  expect(work.map(({ id, attempt, payload }) => ({ id, attempt, payload }))).toEqual(
    ids.map((id) => ({ id: `${run}-${id}`, attempt: 1, payload: { text: 'hello' } })),
  );
  expect(await runOf(http, run)).toMatchObject({
    state: 'running',
    in_flight: 3,
    counts: { sent: 3, total: 3 },
  });
  expect(await round(http, three, SUCCEED)).toEqual([]);
  await expect.poll(async () => (await runOf(http, run)).state).toBe('succeeded');
  expect(await runOf(http, run)).toMatchObject({
    in_flight: 0,
    uses: {},
    counts: { succeeded: 3, total: 3 },
  });
  expect((await executionsOf(http, run)).map(({ state }) => state)).toEqual([
    'succeeded',
    'succeeded',
    'succeeded',
  ]);
});

const all = (run: number) => executionsOf(http, run);
const stateOf = async (run: number): Promise<string> => (await runOf(http, run)).state;
/** Rounds of check-ins until the run has ended. */
const roundsUntil = async (run: number, state: string, does: Parameters<typeof round>[2], agents = fleet) => {
  await expect
    .poll(
      async () => {
        await round(http, agents, does);
        return stateOf(run);
      },
      { timeout: 25_000, interval: 200 },
    )
    .toBe(state);
};

test('a dry run says whom a run would reach, and starts none', async () => {
  const strategy_id = await strategy('dry', {
    target: { labels: { lane: ['1', '2'] } },
    waves: [{ percent: 30 }, { percent: 100 }],
  });
  const task_id = await task('dry', { action: 'say' });
  const before = (await http.get<object[]>('/run/list')).body.total;
  const plan = await post<{ hosts: number; waves: { percent: number; hosts: number; host_ids: number[] }[] }>(
    http,
    '/task/run',
    { task_id, strategy_id, dry_run: true },
  );
  expect(plan.hosts).toBe(20);
  expect(plan.waves.map(({ percent }) => percent)).toEqual([30, 100]);
  expect(plan.waves.flatMap(({ host_ids }) => host_ids).sort((a, b) => a - b)).toEqual(
    fleet
      .filter((_, index) => [1, 2].includes(index % 10))
      .map(({ host }) => host.id)
      .sort((a, b) => a - b),
  );
  expect((await http.get<object[]>('/run/list')).body.total).toBe(before);
});

test('an update opens its waves by itself, each host gets it once, and who has it already succeeds without work', async () => {
  const [first] = fleet;
  if (first) first.version = '2.0.0';
  fleet.forEach((one) => one.given.splice(0));
  const run = await start(
    await task('to 2.0.0', { action: 'update', version_id: agent.versions.get('2.0.0') }),
    await strategy('canary', {
      waves: [{ percent: 10 }, { percent: 50 }, { percent: 100 }],
      max_in_flight: 30,
    }),
  );
  const inFlight: number[] = [];
  await roundsUntil(run, 'succeeded', (work) => {
    inFlight.push(1);
    return { state: 'succeeded', message: work.version?.version ?? '' };
  });
  const executions = await all(run);
  expect(executions).toHaveLength(100);
  expect(executions.map(({ host_id }) => host_id)).toEqual(hosts.map(({ id }) => id).sort((a, b) => a - b));
  expect(executions.every(({ state }) => state === 'succeeded')).toBe(true);
  const [there, ...brought] = executions.toSorted((a, b) => a.attempt - b.attempt);
  expect(there).toMatchObject({ host_id: first?.host.id, attempt: 0 });
  expect(brought[0]).toMatchObject({ attempt: 1, previous_version: '1.0.0' });
  expect(fleet.every(({ given, version }) => given.length <= 1 && version === '2.0.0')).toBe(true);
  const { body } = await http.get<{ verb: string; after: { wave: number } }[]>(`/run/history?id=${run}`);
  expect(body.data.map(({ verb }) => verb)).toEqual(['started', 'wave_opened', 'wave_opened', 'ended']);
  expect(await runOf(http, run)).toMatchObject({ in_flight: 0, counts: { succeeded: 100, total: 100 } });
});

test('a run of which too much fails aborts in its first wave, touches nobody more, and can be taken back', async () => {
  fleet.forEach((one) => one.given.splice(0));
  const run = await start(
    await task('to 3.0.0', { action: 'update', version_id: agent.versions.get('3.0.0') }),
    await strategy('careful', {
      waves: [{ percent: 40, success_percent: 50 }, { percent: 100 }],
      abort: { failure_percent: 20, min_executions: 5 },
      max_in_flight: 10,
    }),
  );
  let count = 0;
  // Of what is broken, half installs and then fails.
  const fail = () => (++count % 2 === 0 ? { state: 'failed', exit_code: 1 } : { state: 'succeeded' });
  await roundsUntil(run, 'aborted', fail);
  const touched = (await all(run)).filter(({ attempt }) => attempt > 0);
  expect(touched.length).toBeLessThanOrEqual(30);
  await round(http, fleet, fail);
  await round(http, fleet, fail);
  const executions = await all(run);
  expect(executions.filter(({ attempt }) => attempt > 0).map(({ id }) => id)).toEqual(
    touched.map(({ id }) => id),
  );
  expect(executions.every(({ wave }) => wave === 0)).toBe(true);
  await expect.poll(async () => (await all(run)).filter(({ state }) => state === 'queued')).toEqual([]);
  expect((await runOf(http, run)).reason).toMatch(/failed or timed out/);

  const back = await post<{ id: number }>(http, '/run/revert', { id: run });
  await roundsUntil(back.id, 'succeeded', SUCCEED);
  expect((await all(back.id)).map(({ host_id }) => host_id)).toEqual(touched.map(({ host_id }) => host_id));
  expect(new Set(fleet.map(({ version }) => version))).toEqual(new Set(['2.0.0']));
});

test('a paused run hands out nothing until it is resumed, and a cancelled one never again', async () => {
  const run = await start(
    await task('held', { action: 'say' }),
    await strategy('few', { max_in_flight: 20 }),
  );
  await post(http, '/run/pause', { id: run });
  expect(await round(http, fleet, SUCCEED)).toEqual([]);
  expect(await runOf(http, run)).toMatchObject({ state: 'paused', counts: { total: 0 } });
  await post(http, '/run/resume', { id: run });
  const given = await round(http, fleet, () => undefined);
  expect(given).toHaveLength(20);
  expect(await runOf(http, run)).toMatchObject({
    in_flight: 20,
    counts: { sent: 20, queued: 80, total: 100 },
  });
  // What is not acknowledged is handed out again, unchanged.
  const again = await round(http, fleet, () => undefined);
  expect(again.map(({ id }) => id).sort()).toEqual(given.map(({ id }) => id).sort());
  expect(again.every(({ attempt }) => attempt === 1)).toBe(true);
  await post(http, '/run/cancel', { id: run });
  expect(await round(http, fleet, SUCCEED)).toEqual([]);
  await expect
    .poll(() => runOf(http, run))
    .toMatchObject({ state: 'cancelled', in_flight: 0, counts: { cancelled: 100, total: 100 } });
  expect((await http.post('/run/resume', { id: run })).body.code).toBe('FAILED_PRECONDITION');
  expect((await http.post('/run/pause', { id: 99_999 })).body.code).toBe('NOT_FOUND');
});

test('what fails is tried again after its back-off and then has failed, and what never ends is timed out', async () => {
  const some = fleet.slice(0, 6);
  const run = await start(
    await task('tried', { action: 'say' }),
    await strategy('tries', {
      target: { hosts: some.map(({ host }) => host.id) },
      max_attempts: 2,
      retry_backoff_seconds: 1,
      timeout_seconds: 2,
    }),
  );
  const [silent] = some;
  const does = ({ id, attempt }: Work) => {
    if (id.endsWith(`-${silent?.host.id}`)) return undefined;
    return attempt === 1 ? { state: 'failed', exit_code: 3, message: 'no' } : { state: 'succeeded' };
  };
  await roundsUntil(run, 'failed', does, some);
  const states = (await all(run)).map(({ host_id, state, attempt }) => ({ host_id, state, attempt }));
  expect(states).toContainEqual({ host_id: silent?.host.id, state: 'timed_out', attempt: 2 });
  expect(states.filter(({ state, attempt }) => state === 'succeeded' && attempt === 2)).toHaveLength(5);
});

test('hosts that never come are expired when the run has waited long enough', async () => {
  const some = fleet.slice(10, 16);
  const run = await start(
    await task('waited', { action: 'say' }),
    await strategy('waits', {
      target: { hosts: some.map(({ host }) => host.id) },
      waves: [{ percent: 100, success_percent: 50 }],
      queue_ttl_seconds: 2,
    }),
  );
  const come = some.slice(0, 4);
  await round(http, come, SUCCEED);
  await roundsUntil(run, 'succeeded', SUCCEED, come);
  expect(await runOf(http, run)).toMatchObject({ counts: { succeeded: 4, expired: 2, total: 6 } });
});

test('a replica that is killed while it hands out loses nothing and counts nothing twice', async () => {
  fleet.forEach((one) => one.given.splice(0));
  const run = await start(
    await task('killed', { action: 'say' }),
    await strategy('kills', { max_in_flight: 15 }),
  );
  let isKilled = false;
  const gateway = stack.gateways[1] ?? http;
  const killing = (async () => {
    await expect
      .poll(async () => (await runOf(http, run)).counts['total'], { timeout: 20_000 })
      .toBeGreaterThan(20);
    await stack.kill('tasks-2');
    isKilled = true;
    await stack.restart('tasks-2');
  })();
  await expect
    .poll(
      async () => {
        await Promise.all([
          round(http, fleet.slice(0, 50), SUCCEED),
          round(gateway, fleet.slice(50), SUCCEED),
        ]);
        return stateOf(run);
      },
      // What a dead replica has begun is finished by another after half a minute.
      { timeout: 70_000, interval: 200 },
    )
    .toBe('succeeded');
  await killing;
  expect(isKilled).toBe(true);
  expect(await runOf(http, run)).toMatchObject({ in_flight: 0, counts: { succeeded: 100, total: 100 } });
  expect(fleet.every(({ given }) => new Set(given.map(({ attempt }) => attempt)).size === 1)).toBe(true);
}, 90_000);

test('the bus tells of each execution that ends, and of each step of a run', async () => {
  const some = fleet.slice(0, 3);
  const run = await start(
    await task('told', { action: 'say' }),
    await strategy('tells', { target: { hosts: some.map(({ host }) => host.id) } }),
  );
  await roundsUntil(run, 'succeeded', SUCCEED, some);
  const { body } = await http.get<RunRecord[]>('/run/list');
  const ended = body.data.reduce((sum, { counts }) => sum + (counts['total'] ?? 0), 0);
  const told = (await readEvents(stack.bus, 'execution', ended)).map(({ to, event }) => [to, event.id]);
  expect(new Set(told.map(([to]) => to))).toEqual(new Set(['execution.ended']));
  expect(new Set(told.map(([, id]) => id)).size).toBe(ended);
  const ids = told.map(([, id]) => id).filter((id) => id?.startsWith(`execution:${run}-`));
  expect(ids.sort()).toEqual(some.map(({ host }) => `execution:${run}-${host.id}`).sort());
});
