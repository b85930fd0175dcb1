import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DecisionDocument, OPEN_STATES, type Plan, type TimesDocument } from './documents.ts';
import { afterTurn, changeTurn, dueTurn, nextRunAt, triggerTurn } from './turn.ts';

const START = new Date('2030-01-01T00:00:00.500Z');
const FIRST_MS = START.getTime();

const plan = (fields: Partial<Plan> = {}): Plan => ({
  task_id: 1,
  strategy_id: 1,
  every_seconds: 1,
  time_zone: 'UTC',
  overlap: 'skip',
  jitter_seconds: 0,
  catch_up_seconds: 600,
  enabled: true,
  created_at: START,
  ...fields,
});

const begun = (own: Plan): TimesDocument => ({
  _id: 7,
  revision: 1,
  plan: own,
  turn: 1,
  first_turn: 1,
  after: START,
  next_run_at: nextRunAt(own, START),
  open_runs: [],
  claim_until: new Date(0),
});

/** All due times that a decision stands for, in epoch seconds from the start. */
function dueIn({ missed, fires }: DecisionDocument): number[] {
  const times: number[] = [];
  if (missed) for (let at = missed.first.getTime(); at <= missed.last.getTime(); at += 1000) times.push(at);
  if (missed) expect(times).toHaveLength(missed.count);
  if (fires) times.push(fires.due.getTime());
  return times.map((ms) => (ms - FIRST_MS) / 1000);
}

const trigger = { actor: 'a', from: '', requestId: 'r' };

test('whoever looks when, with a clock of its own, each due time is decided once and none is left out', () => {
  const look = fc.record({
    afterMs: fc.integer({ min: 0, max: 4000 }),
    clockMs: fc.integer({ min: -1500, max: 1500 }),
    does: fc.constantFrom('look', 'look', 'look', 'change', 'trigger'),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
      let times = begun(plan());
      const decided: number[] = [];
      let ms = FIRST_MS;
      for (const { afterMs, clockMs, does } of looks) {
        const now = new Date((ms += afterMs) + clockMs);
        const decision =
          does === 'look'
            ? dueTurn(times, now)
            : does === 'change'
              ? changeTurn(times, times.revision + 1, now)
              : triggerTurn(times, { trigger, now, lookAt: now });
        if (!decision) continue;
        expect(decision.turn).toBe(times.turn);
        expect(decision.last.getTime()).toBeGreaterThanOrEqual(times.after.getTime());
        if (!decision.trigger) decided.push(...dueIn(decision));
        if (decision.fires) expect(OPEN_STATES).toContain(decision.state);
        times = { ...times, ...afterTurn(times, decision) };
      }
      const last = decided.at(-1) ?? 0;
      expect(decided).toEqual(Array.from({ length: last }, (_, index) => index + 1));
      expect(times.next_run_at?.getTime()).toBeGreaterThan(times.after.getTime());
    }),
  );
});

test('nothing is due of what is not enabled, is deleted, or cannot be read', () => {
  const later = new Date(FIRST_MS + 60_000);
  expect(dueTurn(begun(plan({ enabled: false })), later)).toBeUndefined();
  expect(nextRunAt(plan({ enabled: false }), START)).toBeNull();
  expect(dueTurn({ ...begun(plan()), gone_at: START }, later)).toBeUndefined();
  const nowhere = plan({ cron: '* * * * *', time_zone: 'Gone/Away' });
  expect(dueTurn(begun(nowhere), later)).toBeUndefined();
  expect(nextRunAt(nowhere, START)).toBeNull();
});

test('what was due up to a change is decided by what held until then, and fires', () => {
  const change = changeTurn(begun(plan()), 2, new Date(FIRST_MS + 2500));
  expect(change).toMatchObject({ revision: 2, turn: 1, state: 'pending', missed: { count: 1 } });
  expect(change.last).toEqual(new Date(FIRST_MS + 2500));
  expect(dueIn(change)).toEqual([1, 2]);
});

test('once is over after it was decided', () => {
  const at = new Date(FIRST_MS + 1000);
  const { every_seconds: _, ...rest } = plan({ at });
  const times = begun(rest);
  expect(times.next_run_at).toEqual(at);
  const decision = dueTurn(times, at);
  expect(decision?.fires?.due).toEqual(at);
  expect(decision && afterTurn(times, decision)).toMatchObject({ turn: 2, next_run_at: null });
});
