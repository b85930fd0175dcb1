// When a schedule is due: by a cron expression, at an interval, or once. The bounds hold for all three: `start_at` may itself be a due
// time, `end_at` may not.

import { type Cron, neverComes, parseCron } from './cron.ts';
import { type DueRange, nextCron, rangeOfCron } from './cron-next.ts';
import { isTimeZone } from './cron-zone.ts';

/** What of a schedule's record says when it is due. One of `cron`, `every_seconds` and `at` is given. */
export interface TimingInput {
  readonly cron?: string | undefined;
  readonly every_seconds?: number | undefined;
  readonly at?: Date | undefined;
  /** In which `cron` is read; UTC if not said. */
  readonly time_zone?: string | undefined;
  readonly start_at?: Date | undefined;
  readonly end_at?: Date | undefined;
  /** From which an interval counts, without `start_at`. */
  readonly created_at: Date;
}

/** A timing that was read; all functions of times take it. */
export interface Timing {
  readonly due:
    | { readonly kind: 'cron'; readonly cron: Cron; readonly timeZone: string }
    /** Due at `origin` and each interval after it. */
    | { readonly kind: 'every'; readonly everyMs: number; readonly origin: number }
    | { readonly kind: 'at'; readonly at: number };
  readonly start: number;
  readonly end: number;
}

export interface TimingFault {
  readonly field: 'cron' | 'every_seconds' | 'at' | 'time_zone' | 'start_at' | 'end_at';
  /** Continues a sentence that begins with the field. */
  readonly reason: string;
}

export type TimingReading =
  { readonly ok: true; readonly timing: Timing } | ({ readonly ok: false } & TimingFault);

/** As for cron, RFC 3339 has no later year. */
const LATEST = Date.UTC(10_000, 0, 1);
const NONE = 'is required, if neither every_seconds nor at is given';
const SEVERAL = 'is given together with another of cron, every_seconds and at; one of them is to be given';

/** The timing of a record, or the field at fault and why. Never throws. Whether it is all in the past is not asked: see `refusePast`. */
export function readTiming(input: TimingInput): TimingReading {
  const { time_zone: timeZone = 'UTC', start_at, end_at } = input;
  if (!isTimeZone(timeZone)) {
    return fault('time_zone', 'is no time zone of the IANA database, such as Europe/London');
  }
  const start = start_at?.getTime() ?? -Infinity;
  const end = end_at?.getTime() ?? LATEST;
  if (end <= start) return fault('end_at', 'is not after start_at');
  const due = readDue(input, timeZone);
  if ('field' in due) return { ok: false, ...due };
  if (due.kind === 'at' && due.at < start) return fault('at', 'is before start_at');
  if (due.kind === 'at' && due.at >= end) return fault('at', 'is not before end_at');
  return { ok: true, timing: { due, start, end } };
}

/** Why a schedule that is added or turned on now would never be due, undefined if it will be. */
export function refusePast(timing: Timing, now: Date): TimingFault | undefined {
  if (nextTime(timing, now) !== undefined) return undefined;
  if (timing.due.kind === 'at') return { field: 'at', reason: 'is in the past' };
  if (timing.end < LATEST) return { field: 'end_at', reason: 'leaves no time at which the schedule is due' };
  return { field: timing.due.kind === 'cron' ? 'cron' : 'every_seconds', reason: 'never comes' };
}

/** The first due time after an instant, undefined if there is none. */
export function nextTime(timing: Timing, after: Date): Date | undefined {
  const from = Math.max(after.getTime(), timing.start - 1);
  const next = nextUnbounded(timing, from);
  return next === undefined || next >= timing.end ? undefined : new Date(next);
}

/** The first due times after an instant, rising; fewer than `count` if there are no more. */
export function previewTimes(timing: Timing, from: Date, count: number): Date[] {
  const times: Date[] = [];
  let next = nextTime(timing, from);
  while (next !== undefined && times.length < count) {
    times.push(next);
    next = nextTime(timing, next);
  }
  return times;
}

/**
 * How many due times lie in (after, until], with the first and the last; undefined if none. A schedule of each second that rested for a
 * month costs less than a millisecond.
 */
export function rangeOfTimes(timing: Timing, after: Date, until: Date): DueRange | undefined {
  const from = Math.max(after.getTime(), timing.start - 1);
  const to = Math.min(until.getTime(), timing.end - 1);
  if (to <= from) return undefined;
  const { due } = timing;
  if (due.kind === 'cron') return rangeOfCron(due.cron, due.timeZone, new Date(from), new Date(to));
  const first = nextUnbounded(timing, from);
  if (first === undefined || first > to) return undefined;
  const more = due.kind === 'every' ? Math.floor((to - first) / due.everyMs) : 0;
  const last = due.kind === 'every' ? first + more * due.everyMs : first;
  return { count: more + 1, first: new Date(first), last: new Date(last) };
}

function readDue(input: TimingInput, timeZone: string): Timing['due'] | TimingFault {
  const { cron: text, every_seconds: every, at, start_at, created_at } = input;
  const given = [text, every, at].filter((value) => value !== undefined).length;
  if (at !== undefined) {
    return given === 1 ? { kind: 'at', at: at.getTime() } : { field: 'at', reason: SEVERAL };
  }
  if (every !== undefined) {
    if (given > 1) return { field: 'every_seconds', reason: SEVERAL };
    if (!Number.isSafeInteger(every) || every < 1) {
      return { field: 'every_seconds', reason: 'is no whole number of seconds from 1 on' };
    }
    // The creation itself is no due time: the first is an interval after it. A start that was asked for is.
    const everyMs = every * 1000;
    return { kind: 'every', everyMs, origin: start_at?.getTime() ?? created_at.getTime() + everyMs };
  }
  if (text === undefined) return { field: 'cron', reason: NONE };
  const reading = parseCron(text);
  if (!reading.ok) return { field: 'cron', reason: reading.reason };
  if (neverComes(reading.cron)) return { field: 'cron', reason: 'names a date that never comes' };
  return { kind: 'cron', cron: reading.cron, timeZone };
}

/** The first due time after an instant as if there were no bounds. */
function nextUnbounded({ due }: Timing, after: number): number | undefined {
  if (due.kind === 'cron') return nextCron(due.cron, due.timeZone, new Date(after))?.getTime();
  if (due.kind === 'at') return due.at > after ? due.at : undefined;
  const intervals = Math.max(0, Math.floor((after - due.origin) / due.everyMs) + 1);
  return due.origin + intervals * due.everyMs;
}

function fault(field: TimingFault['field'], reason: string): TimingReading {
  return { ok: false, field, reason };
}
