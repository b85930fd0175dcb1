// Time zones as stretches in which the clock runs evenly, from what `Intl` knows of the IANA database. A clock is looked at once a
// day of UTC and a change is then found to the second, so a zone that changed and changed back within a day would not be seen; since
// 1970 none did so within six days.

import { DAY_SECONDS } from './cron-local.ts';

/** All in seconds from 1970. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  /** Local time less UTC. */
  readonly offset: number;
  /**
   * The local second that the clock had come to when the stretch began. If it is less than `start + offset` the clock skipped what lies
   * between; if it is more, local time up to here has been before.
   */
  readonly reached: number;
}

interface Change {
  readonly at: number;
  readonly before: number;
}

interface Clock {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
  readonly changes: Map<number, Change>;
}

/** A formatter takes some 50 kB, and the names come from outside. */
const MOST_CLOCKS = 100;
const MOST_DAYS = 4000;
const clocks = new Map<string, Clock>();

/** The three-letter names of the IANA database. ICU takes more, such as IST and PST, which mean different places to different people. */
const THREE_LETTERS = /^(cet|eet|est|gmt|hst|met|mst|prc|roc|rok|uct|utc|wet)$/i;

/**
 * Whether a text names a time zone of the IANA database, in any case, aliases included. An offset such as +05:30 is none: it knows of no
 * clock changes, and the database has `Etc/GMT-5` for who wants that.
 */
export function isTimeZone(text: string): boolean {
  if (!/^[a-z]/i.test(text) || /^systemv\//i.test(text)) return false;
  if (/^[a-z]{3}$/i.test(text) && !THREE_LETTERS.test(text)) return false;
  try {
    return clockOf(text) !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The stretch of even time that a second falls into, at most a day of UTC. Throws RangeError if there is no such zone. */
export function stretchAt(timeZone: string, second: number): Stretch {
  const clock = clockOf(timeZone);
  const day = Math.floor(second / DAY_SECONDS);
  const midnight = day * DAY_SECONDS;
  const offset = offsetAtDay(clock, day);
  const change = changeOn(clock, day);
  const reached = reachedAtDay(clock, day, midnight + offset);
  if (change === undefined || second < change.at) {
    return { start: midnight, end: change?.at ?? midnight + DAY_SECONDS, offset, reached };
  }
  return {
    start: change.at,
    end: midnight + DAY_SECONDS,
    offset: offsetAtDay(clock, day + 1),
    reached: change.at + change.before,
  };
}

/**
 * A change on the day before may be at this very midnight, or may have put the clock back by more than was left of that day. The
 * latter has not happened since 1970, but a country may decide it any day.
 */
function reachedAtDay(clock: Clock, day: number, local: number): number {
  const change = changeOn(clock, day - 1);
  if (change === undefined) return local;
  const reached = change.at + change.before;
  return change.at === day * DAY_SECONDS ? reached : Math.max(local, reached);
}

/** The change after a UTC day's first second, up to and with the next day's first, and the offset before it. */
function changeOn(clock: Clock, day: number): Change | undefined {
  const before = offsetAtDay(clock, day);
  if (before === offsetAtDay(clock, day + 1)) return undefined;
  const known = clock.changes.get(day);
  if (known) return known;
  let [low, high] = [day * DAY_SECONDS, (day + 1) * DAY_SECONDS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(clock, middle) === before) low = middle;
    else high = middle;
  }
  const change = { at: high, before };
  clock.changes.set(day, change);
  return change;
}

function offsetAtDay(clock: Clock, day: number): number {
  const known = clock.offsets.get(day);
  if (known !== undefined) return known;
  if (clock.offsets.size >= MOST_DAYS) {
    clock.offsets.clear();
    clock.changes.clear();
  }
  const offset = offsetAt(clock, day * DAY_SECONDS);
  clock.offsets.set(day, offset);
  return offset;
}

function offsetAt({ format }: Clock, second: number): number {
  // Written "3/8/2026, 03:00:00".
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, local = 0] = (
    format.format(second * 1000).match(/\d+/g) ?? []
  ).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, local) / 1000 - second;
}

function clockOf(timeZone: string): Clock {
  const known = clocks.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const [oldest] = clocks.keys();
  if (clocks.size >= MOST_CLOCKS && oldest !== undefined) clocks.delete(oldest);
  const clock: Clock = { format, offsets: new Map(), changes: new Map() };
  clocks.set(timeZone, clock);
  return clock;
}
