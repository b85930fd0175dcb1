// The instants at which a cron expression is due in a time zone. At a change of the clock:
// - A local time that is skipped is due at once after the gap, whatever the hour field is; several such times are due there once.
// - A local time that comes twice is due the first time if the hour field is fixed, and each time if it is `*`. A step, a list or a
//   range of hours is fixed, also where it names every hour: during the second pass such a schedule rests.
// Nothing here depends on the time zone of the process.

import type { Cron } from './cron.ts';
import { countLocal, DAY_SECONDS, dayOf, firstDay, firstLocal, lastLocal } from './cron-local.ts';
import { type Stretch, stretchAt } from './cron-zone.ts';

/** A number of due times, without the list of them. */
export interface DueRange {
  readonly count: number;
  readonly first: Date;
  readonly last: Date;
}

/** Some stretch of time that may hold due times: at its very start, as what the clock skipped, and in local seconds in [from, until). */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly skipped: boolean;
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}

/** RFC 3339 has no later year than 9999. A time zone is a day ahead at most. */
const LATEST = Date.UTC(9999, 11, 31) / 1000;

/**
 * The first due time after an instant, undefined if there is none up to the year 9999. An instant before 1970 counts as 1970. Takes
 * microseconds where the time is near, some hundred where years lie between. Throws RangeError if there is no such zone.
 */
export function nextCron(cron: Cron, timeZone: string, after: Date): Date | undefined {
  for (const piece of pieces(cron, timeZone, secondAfter(after))) {
    if (piece.skipped) return toDate(piece.start);
    const local = firstLocal(cron, piece.from, piece.until);
    if (local !== undefined) return toDate(local - piece.offset);
  }
  return undefined;
}

/** How many due times lie in (after, until], with the first and the last; undefined if none. Takes time by the days between, not by the due times. */
export function rangeOfCron(cron: Cron, timeZone: string, after: Date, until: Date): DueRange | undefined {
  let count = 0;
  let first: number | undefined;
  let last: number | undefined;
  const end = secondAfter(until);
  for (const piece of pieces(cron, timeZone, secondAfter(after))) {
    if (piece.start >= end) break;
    // Of local time that comes again nothing may be left before the end.
    const to = Math.max(piece.from, Math.min(piece.until, end + piece.offset));
    if (piece.skipped) {
      count += 1;
      first ??= piece.start;
      last = piece.start;
    }
    // The end of a gap may also be due in its own right, and is one due time then.
    const rest = piece.skipped ? piece.start + piece.offset + 1 : piece.from;
    count += countLocal(cron, rest, to);
    first ??= toInstant(firstLocal(cron, rest, to), piece);
    last = toInstant(lastLocal(cron, rest, to), piece) ?? last;
  }
  if (first === undefined || last === undefined) return undefined;
  return { count, first: toDate(first), last: toDate(last) };
}

function* pieces(cron: Cron, timeZone: string, from: number): Generator<Piece> {
  let second = from;
  while (second < LATEST) {
    const stretch = stretchAt(timeZone, second);
    const { end, offset, reached } = stretch;
    const local = second + offset;
    yield {
      start: second,
      end,
      skipped: second === stretch.start && isSkipped(cron, stretch),
      from: cron.anyHour ? local : Math.max(local, reached),
      until: end + offset,
      offset,
    };
    // From the day before, as a clock may be put back over midnight. Before a day of local time begins, its UTC day has at most a day
    // to go; so has the end of a gap that skips it.
    const day = firstDay(cron, dayOf(end + offset) - 1, dayOf(LATEST));
    if (day === undefined) return;
    second = Math.max(end, (day - 1) * DAY_SECONDS);
  }
}

function isSkipped(cron: Cron, { start, offset, reached }: Stretch): boolean {
  return reached < start + offset && firstLocal(cron, reached, start + offset) !== undefined;
}

function toInstant(local: number | undefined, { offset }: Piece): number | undefined {
  return local === undefined ? undefined : local - offset;
}

function secondAfter(instant: Date): number {
  return Math.max(0, Math.floor(instant.getTime() / 1000) + 1);
}

function toDate(second: number): Date {
  return new Date(second * 1000);
}
