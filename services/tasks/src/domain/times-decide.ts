// What becomes of the due times that have come since the last one that was decided: at most one fires, the rest are missed. Where
// nothing stood still there is one due time, and it fires.

import type { DueRange } from './cron-next.ts';
import { jitterMs } from './times-jitter.ts';
import { rangeOfTimes, type Timing } from './times.ts';

export interface DuePolicy {
  readonly scheduleId: number;
  readonly jitterSeconds: number;
  readonly catchUpSeconds: number;
}

/** The fate of all due times in (after, last], each of them in one of both. */
export interface DueDecision {
  /** Come before what fires, or too long ago. One entry of the history, however many they are. */
  readonly missed?: DueRange;
  readonly fires?: {
    readonly due: Date;
    /** The due time with its jitter; it may be yet to come. */
    readonly at: Date;
  };
  /** The last due time that is decided by this; the next decision is asked for after it. */
  readonly last: Date;
}

/** What is found this soon has not been missed, however short `catch_up_seconds` is: no replica looks at the very millisecond. */
export const PROMPT_MS = 2000;

/**
 * Decides the due times in (after, now], undefined if there are none. To be asked when the due time has come, not only when its jitter
 * is over. Only the latest due time can fire: if the moment at which it was to fire is not older than `catch_up_seconds`.
 *
 * Two replicas with clocks apart may decide a different number of due times, so that what makes a decision single is where it begins:
 * a schedule has one decision after `after`.
 */
export function decideDue(
  timing: Timing,
  after: Date,
  now: Date,
  { scheduleId, jitterSeconds, catchUpSeconds }: DuePolicy,
): DueDecision | undefined {
  const range = rangeOfTimes(timing, after, now);
  if (range === undefined) return undefined;
  const { last } = range;
  const at = new Date(last.getTime() + jitterMs(scheduleId, last, jitterSeconds));
  if (now.getTime() - at.getTime() > Math.max(catchUpSeconds * 1000, PROMPT_MS)) {
    return { missed: range, last };
  }
  const missed = rangeOfTimes(timing, after, new Date(last.getTime() - 1));
  return { ...(missed && { missed }), fires: { due: last, at }, last };
}
