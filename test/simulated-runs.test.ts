// Runs over a simulated fleet: what an operator sees who rolls out a version to many hosts, and what every host relies on meanwhile.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PLATFORMS, simulate, type SimulateOptions, type Summary } from '@egg/simulator';
import { startStack } from '@egg/testing';
import { executionsOf, post, runOf } from './scenarios/runs.ts';

const HOSTS = 150;
/** So that each wave has hosts. */
const CANARY = [{ percent: 10, soak_seconds: 1 }, { percent: 40 }, { percent: 100 }];

const stack = await startStack({ eggs: 1, tasks: 1, env: { EGG_CHECK_IN_SECONDS: '1' } });
const { http } = stack;
const dir = await mkdtemp(join(tmpdir(), 'egg-simulated-'));
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The same fleet goes on each time. */
const fleet = (options: Partial<SimulateOptions>): Promise<Summary> =>
  simulate({
    server: http.url,
    hosts: HOSTS,
    stateFile: join(dir, 'fleet'),
    speed: 2,
    workSeconds: 0.2,
    ...options,
  });

let egg_id = 0;
let file_id = 0;

async function publish(version: string): Promise<number> {
  const files = PLATFORMS.map((platform) => ({ platform, file_id }));
  const { id } = await post<{ id: number }>(http, '/version/add', {
    egg_id,
    version,
    files,
    state: 'published',
  });
  return id;
}

async function rollOut(version: string, fields: object): Promise<number> {
  const version_id = await publish(version);
  const name = `to ${version}`;
  const task = await post<{ id: number }>(http, '/task/add', { name, egg_id, action: 'update', version_id });
  const strategy = await post<{ id: number }>(http, '/strategy/add', { name, target: {}, ...fields });
  return (await post<{ id: number }>(http, '/task/run', { task_id: task.id, strategy_id: strategy.id })).id;
}

const hostsAt = async (version: string): Promise<number> =>
  (await http.get<object[]>(`/host/list?egg=agent&version=${version}&limit=1000`)).body.data.length;

beforeAll(async () => {
  egg_id = (await post<{ id: number }>(http, '/egg/add', { name: 'agent', allow_unsigned: true })).id;
  const bytes = { 'content-type': 'application/octet-stream' };
  file_id = (await http.post<{ id: number }>('/file/add?name=agent', 'agent', bytes)).body.data.id;
  const { hosts, violations } = await fleet({ seconds: 0 });
  expect(hosts).toMatchObject({ ready: HOSTS, enrolled: HOSTS });
  expect(violations.first).toEqual([]);
});

test('a version reaches a fleet wave by wave by itself, each host once', async () => {
  const run = await rollOut('2.0.0', { waves: CANARY });
  const summary = await fleet({ untilRun: run });
  expect(summary.violations.first).toEqual([]);
  expect(summary.hosts).toMatchObject({ ready: HOSTS, enrolled: 0 });
  expect(summary.executions).toMatchObject({ given: HOSTS, succeeded: HOSTS, failed: 0, under_way: 0 });
  expect(await runOf(http, run)).toMatchObject({
    state: 'succeeded',
    wave: 2,
    counts: { succeeded: HOSTS, total: HOSTS },
  });
  const { body } = await http.get<{ verb: string }[]>(`/run/history?id=${run}`);
  expect(body.data.map(({ verb }) => verb)).toEqual(['started', 'wave_opened', 'wave_opened', 'ended']);
  expect(await hostsAt('2.0.0')).toBe(HOSTS);
}, 40_000);

describe('a version that fails', () => {
  let run = 0;

  test('stops in its first wave, and touches no further host', async () => {
    // Looked at for longer than the first hosts take: the next wave opens where all that have ended by then have succeeded.
    const waves = [{ percent: 10, soak_seconds: 30 }, ...CANARY.slice(1)];
    run = await rollOut('3.0.0', { waves, abort: { failure_percent: 10, min_executions: 5 } });
    const summary = await fleet({ untilRun: run, failurePercent: 50 });
    expect(summary.violations.first).toEqual([]);
    expect(await runOf(http, run)).toMatchObject({ state: 'aborted', wave: 0 });
    const touched = await executionsOf(http, run);
    expect(touched.every(({ wave }) => wave === 0)).toBe(true);
    expect(touched.length).toBeLessThan(HOSTS / 3);

    const later = await fleet({ seconds: 2, failurePercent: 50 });
    expect(later.violations.first).toEqual([]);
    expect(later.executions.given).toBe(0);
    const still = await executionsOf(http, run);
    expect(still.map(({ id }) => id)).toEqual(touched.map(({ id }) => id));
  }, 40_000);

  test('is taken back from the hosts that have it', async () => {
    const succeeded = (await executionsOf(http, run)).filter(({ state }) => state === 'succeeded').length;
    expect(await hostsAt('3.0.0')).toBe(succeeded);
    const back = await post<{ id: number }>(http, '/run/revert', { id: run });
    const summary = await fleet({ untilRun: back.id });
    expect(summary.violations.first).toEqual([]);
    expect(await runOf(http, back.id)).toMatchObject({ state: 'succeeded' });
    expect(await hostsAt('3.0.0')).toBe(0);
    expect(await hostsAt('2.0.0')).toBe(HOSTS);
  }, 40_000);
});
