// The counter of a blocklist under many callers, and the client that lives by it.

import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import { startFollower } from './scenarios/follower.ts';
import { writeAtOnce } from './scenarios/load.ts';
import { expectWholeLog } from './scenarios/log-check.ts';

const stack = await startStack();

test('64 callers raise a counter 2,000 times and change domains meanwhile: it ends where the commits say', async () => {
  const follower = startFollower(stack.http);
  const { answered } = await writeAtOnce(stack.gateways, { raises: 2000, adds: 600 });
  const { steps, revision } = await follower.finish();
  await expectWholeLog(stack, answered);
  expect(revision).toBe(answered.length);
  expect(steps).toBeGreaterThan(5);
}, 120_000);

test('the two counters know nothing of each other', async () => {
  const { http } = stack;
  const values = async (): Promise<number[]> =>
    (await http.get<{ value: number }[]>('/counter/list')).body.data.map(({ value }) => value);
  const [domains = 0, processes = 0] = await values();
  await http.post('/counter/update', { field: 'counter_for_process' });
  expect(await values()).toEqual([domains, processes + 1]);
  await http.post('/process/add', { process: 'a.exe', signature: '*' });
  expect(await values()).toEqual([domains, processes + 2]);
});
