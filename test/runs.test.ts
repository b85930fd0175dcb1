// Runs as an operator and the hosts see them: started, handed out wave by wave, ended, aborted, held and taken back.

import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import { databaseOf } from './scenarios/hosts.ts';
import { Agent, executionsOf, makeEgg, makeHosts, post, round, runOf } from './scenarios/runs.ts';

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
