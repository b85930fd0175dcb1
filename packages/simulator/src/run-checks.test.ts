import { expect, test } from 'vitest';
import { checkCounts, checkExecution, checkRun, type ExecutionRecord, type RunRecord } from './run-checks.ts';
import type { Known } from './work.ts';

const run = (fields: Partial<RunRecord> = {}): RunRecord => ({
  id: 1,
  state: 'running',
  wave: 1,
  strategy: { max_attempts: 2, max_in_flight: 3 },
  counts: { sent: 2, succeeded: 4, total: 6 },
  in_flight: 2,
  ...fields,
});
const execution = (fields: Partial<ExecutionRecord> = {}): ExecutionRecord => ({
  id: '1-7',
  host_id: 7,
  state: 'succeeded',
  attempt: 1,
  ...fields,
});
const known = (fields: Partial<Known> = {}): Known => ({
  run: 1,
  id: '1-7',
  attempt: 1,
  print: 0,
  state: 'succeeded',
  endsMs: 0,
  told: 0,
  ...fields,
});

test('a run that goes on and ends is right', () => {
  expect(checkRun(undefined, run(), 2)).toEqual([]);
  const over = run({ state: 'succeeded', wave: 2, counts: { succeeded: 6, total: 6 }, in_flight: 0 });
  expect(checkRun(run(), over, 2)).toEqual([]);
});

test.for<[string, RunRecord | undefined, RunRecord, number]>([
  ['counts that do not add up', undefined, run({ counts: { sent: 2, total: 3 } }), 1],
  ['more attempts than allowed', undefined, run(), 3],
  ['more in flight than allowed', undefined, run({ in_flight: 4 }), 1],
  ['an end that changes', run({ state: 'aborted' }), run(), 1],
  ['a wave that goes back', run(), run({ wave: 0 }), 1],
  ['ended executions that are not any more', run(), run({ counts: { sent: 3, succeeded: 3, total: 6 } }), 1],
])('%s: noticed', ([, before, now, attempts]) => {
  expect(checkRun(before, now, attempts)).toHaveLength(1);
});

test('executions are right where the host knows the same, less, or nothing', () => {
  expect(checkExecution(execution(), known(), 2)).toEqual([]);
  expect(checkExecution(execution(), undefined, 2)).toEqual([]);
  expect(checkExecution(execution({ attempt: 2 }), known({ state: 'failed' }), 2)).toEqual([]);
  expect(checkExecution(execution({ state: 'timed_out' }), known({ state: 'crashed' }), 2)).toEqual([]);
});

test.for<[string, ExecutionRecord, Known]>([
  ['a success that the host never told', execution(), known({ state: 'running' })],
  ['a failure where the host succeeded', execution({ state: 'failed' }), known()],
  ['an attempt that the server does not know of', execution({ state: 'queued' }), known({ attempt: 2 })],
  ['more attempts than allowed', execution({ attempt: 3 }), known()],
])('%s: noticed', ([, one, of]) => {
  expect(checkExecution(one, of, 2)).toHaveLength(1);
});

test('counts that differ from what is listed are named', () => {
  const over = run({ state: 'failed', counts: { succeeded: 1, failed: 0, total: 1 } });
  expect(checkCounts(over, [execution()])).toEqual([]);
  expect(checkCounts(over, [execution({ state: 'failed' })])).toHaveLength(2);
});
