import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  abortReason,
  ENDED_STATES,
  type ExecutionState,
  isEnded,
  NO_COUNTS,
  OPEN_STATES,
  summed,
} from './progress.ts';
import { executionId, readExecutionId, reported, timedOut } from './work.ts';

const now = new Date('2026-03-01T00:00:00Z');
const retries = { max_attempts: 3, retry_backoff_seconds: 30, mayRetry: true };
const states: readonly ExecutionState[] = [...OPEN_STATES, ...ENDED_STATES];

describe('a report', () => {
  test('changes nothing of what has ended, was not handed out, or is of another attempt', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...states),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('running', 'succeeded', 'failed', 'rejected', 'nonsense'),
        (state, attempt, of, said) => {
          const step = reported({ state, attempt }, { attempt: of, state: said }, retries, now);
          if (isEnded(state) || state === 'queued' || of !== attempt || said === 'nonsense')
            expect(step).toBeUndefined();
        },
      ),
    );
  });

  test('of a start acknowledges once', () => {
    expect(reported({ state: 'sent', attempt: 1 }, { attempt: 1, state: 'running' }, retries, now)).toEqual({
      to: 'running',
    });
    expect(
      reported({ state: 'running', attempt: 1 }, { attempt: 1, state: 'running' }, retries, now),
    ).toBeUndefined();
  });

  test('of a failure waits for the back-off until the last attempt', () => {
    const report = (attempt: number) => ({ attempt, state: 'failed', exit_code: 2, message: 'no' });
    expect(reported({ state: 'running', attempt: 2 }, report(2), retries, now)).toEqual({
      to: 'queued',
      notBefore: new Date('2026-03-01T00:00:30Z'),
      exitCode: 2,
      message: 'no',
    });
    expect(reported({ state: 'running', attempt: 3 }, report(3), retries, now)?.to).toBe('failed');
    expect(reported({ state: 'sent', attempt: 1 }, report(1), { ...retries, mayRetry: false }, now)?.to).toBe(
      'failed',
    );
  });

  test('of a host that saw the time run out is as a failure, and says so', () => {
    const report = { attempt: 3, state: 'timed_out' };
    expect(reported({ state: 'running', attempt: 3 }, report, retries, now)?.to).toBe('timed_out');
    expect(reported({ state: 'running', attempt: 1 }, { ...report, attempt: 1 }, retries, now)).toMatchObject(
      { to: 'queued' },
    );
  });

  test('of a rejection is not tried again', () => {
    expect(reported({ state: 'sent', attempt: 1 }, { attempt: 1, state: 'rejected' }, retries, now)?.to).toBe(
      'rejected',
    );
  });
});

test('time runs out for what is under way alone', () => {
  expect(timedOut({ state: 'sent', attempt: 1 }, retries, now)?.to).toBe('queued');
  expect(timedOut({ state: 'running', attempt: 3 }, retries, now)?.to).toBe('timed_out');
  expect(timedOut({ state: 'queued', attempt: 1 }, retries, now)).toBeUndefined();
  expect(timedOut({ state: 'succeeded', attempt: 1 }, retries, now)).toBeUndefined();
});

test('an execution’s id says the run and the host', () => {
  expect(readExecutionId(executionId(12, 345))).toEqual({ run: 12, host: 345 });
  for (const text of ['12', '12-', '-3', '012-3', '1-2-3', 'a-b', '1-0'])
    expect(readExecutionId(text)).toBeUndefined();
});

test('moves in any order and any groups come to the same sum', () => {
  const move = fc.record({
    from: fc.option(fc.constantFrom(...states), { nil: undefined }),
    to: fc.constantFrom(...states),
    wave: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(move), fc.nat(), (moves, cut) => {
      const at = moves.length === 0 ? 0 : cut % moves.length;
      const [one, other, whole] = [
        summed(moves.slice(0, at)),
        summed(moves.slice(at)),
        summed(moves.toReversed()),
      ];
      expect(one.inFlight + other.inFlight).toBe(whole.inFlight);
      for (const state of states)
        expect((one.counts[state] ?? 0) + (other.counts[state] ?? 0)).toBe(whole.counts[state] ?? 0);
      const total = Object.values(whole.counts).reduce((sum, count) => sum + count, 0);
      expect(total).toBe(moves.filter(({ from }) => from === undefined).length);
    }),
  );
});

test.for([
  ['too few have ended', { failed: 2, succeeded: 1 }, false],
  ['the share is reached, with those that timed out', { failed: 1, timed_out: 1, succeeded: 8 }, true],
  ['the share is not reached', { failed: 1, rejected: 3, succeeded: 6 }, false],
  ['what is under way is not counted', { failed: 1, sent: 100, succeeded: 3 }, false],
] as const)('a run aborts or not where %s', ([, counts, expected]) => {
  const reason = abortReason({ failure_percent: 20, min_executions: 5 }, { ...NO_COUNTS, ...counts });
  expect(reason !== undefined).toBe(expected);
});
