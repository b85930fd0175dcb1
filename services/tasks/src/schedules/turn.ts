// The turns of a schedule, as pure steps: what the next turn decides, and where the schedule is after it.

import type { Origin } from '@egg/store';
import { decideDue, type DueDecision } from '../domain/times-decide.ts';
import { nextTime, readTiming, type Timing } from '../domain/times.ts';
import { type DecisionDocument, decisionId, type Plan, type TimesDocument } from './documents.ts';

/** When a plan is due; undefined where it cannot be read, as when a time zone is no longer known. */
export function timingOf(plan: Plan): Timing | undefined {
  const reading = readTiming(plan);
  return reading.ok ? reading.timing : undefined;
}

/** The first due time of a plan after an instant; null where there is none, also while it is not enabled. */
export function nextRunAt(plan: Plan, after: Date): Date | null {
  const timing = plan.enabled ? timingOf(plan) : undefined;
  return (timing && nextTime(timing, after)) ?? null;
}

/** The turn that decides what is due by now; undefined where nothing is. */
export function dueTurn(times: TimesDocument, now: Date): DecisionDocument | undefined {
  const due = whatIsDue(times, now);
  return due && { ...turnOf(times, now, due.last), ...fateOf(due) };
}

/**
 * The turn by which a commit makes the schedule due at other times, or no longer: what was due up to the commit is decided by what held
 * until then. `now` is the time of the commit.
 */
export function changeTurn(times: TimesDocument, revision: number, now: Date): DecisionDocument {
  const due = whatIsDue(times, now);
  const last = new Date(Math.max(now.getTime(), times.after.getTime()));
  return { ...turnOf(times, now, last), ...(due && fateOf(due)), revision };
}

/** The turn by which somebody fires the schedule by hand. Until `lookAt` it is in the hands of the one who does. */
export function triggerTurn(
  times: TimesDocument,
  { trigger, now, lookAt }: { trigger: Origin; now: Date; lookAt: Date },
): DecisionDocument {
  const fires = { due: now, at: now };
  return { ...turnOf(times, now, times.after), fires, state: 'starting', look_at: lookAt, trigger };
}

/** Where a schedule is after a turn that left its plan as it was. */
export function afterTurn(
  { plan, next_run_at }: TimesDocument,
  { turn, last, trigger }: DecisionDocument,
): Pick<TimesDocument, 'turn' | 'after' | 'next_run_at'> {
  return { turn: turn + 1, after: last, next_run_at: trigger ? next_run_at : nextRunAt(plan, last) };
}

function whatIsDue({ _id, plan, gone_at, after }: TimesDocument, now: Date): DueDecision | undefined {
  const timing = plan.enabled && !gone_at ? timingOf(plan) : undefined;
  const { jitter_seconds: jitterSeconds, catch_up_seconds: catchUpSeconds } = plan;
  return timing && decideDue(timing, after, now, { scheduleId: _id, jitterSeconds, catchUpSeconds });
}

function turnOf(
  { _id, turn }: TimesDocument,
  decidedAt: Date,
  last: Date,
): Pick<DecisionDocument, '_id' | 'schedule' | 'turn' | 'decided_at' | 'last'> {
  return { _id: decisionId(_id, turn), schedule: _id, turn, decided_at: decidedAt, last };
}

function fateOf({ missed, fires }: DueDecision): Partial<DecisionDocument> {
  return {
    ...(missed && { missed }),
    ...(fires && { fires, state: 'pending', look_at: fires.at }),
  };
}
