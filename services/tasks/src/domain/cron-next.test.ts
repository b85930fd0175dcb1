// The algebra of due times, around changes of the clock, against a slow reading of the contract: minute after minute on the clock.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cron, isDue, parseCron } from './cron.ts';
import { nextCron, rangeOfCron } from './cron-next.ts';

const MINUTE_MS = 60_000;
const SPAN_MINUTES = 36 * 60;
/** Local time that comes again has come at most a day before. */
const LOOK_BACK_MINUTES = 25 * 60;

/** Instants in the middle of a change, and some where nothing changes. */
const MOMENTS: readonly (readonly [zone: string, instant: string])[] = [
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['Europe/London', '2026-03-29T01:00Z'],
  ['Europe/London', '2026-10-25T01:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Pacific/Apia', '2011-12-30T10:00Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30Z'],
  ['Asia/Jerusalem', '2022-03-25T00:00Z'],
  ['Antarctica/Casey', '2020-10-03T16:01Z'],
  ['Antarctica/Troll', '2026-10-25T01:00Z'],
  ['Asia/Kathmandu', '2026-06-01T00:00Z'],
  ['UTC', '2026-01-01T00:00Z'],
];

interface ClockMinute {
  /** Milliseconds that the local time would be in UTC. */
  readonly local: number;
  readonly seenBefore: boolean;
  /** Local minutes that the clock went past just before this one. */
  readonly skipped: readonly number[];
}

const clockMinutes = new Map<string, ReadonlyMap<number, ClockMinute>>();

/** Every minute on the clock around a moment, as it is read from `Intl` field by field. */
function clockAround(zone: string, moment: number): ReadonlyMap<number, ClockMinute> {
  const key = `${zone} ${moment}`;
  const known = clockMinutes.get(key);
  if (known) return known;
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const minutes = new Map<number, ClockMinute>();
  const seen = new Set<number>();
  let previous: number | undefined;
  const start = moment - (SPAN_MINUTES + LOOK_BACK_MINUTES) * MINUTE_MS;
  for (let at = start; at <= moment + 2 * SPAN_MINUTES * MINUTE_MS; at += MINUTE_MS) {
    const local = Date.parse(`${format.format(at).replace(' ', 'T')}Z`);
    const skipped = [];
    for (let gone = (previous ?? local) + MINUTE_MS; gone < local; gone += MINUTE_MS) skipped.push(gone);
    minutes.set(at, { local, seenBefore: seen.has(local), skipped });
    seen.add(local);
    previous = local;
  }
  clockMinutes.set(key, minutes);
  return minutes;
}

function names(cron: Cron, local: number): boolean {
  const date = new Date(local);
  return (
    isDue(cron, date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCDay()) &&
    cron.hours.includes(date.getUTCHours()) &&
    cron.minutes.includes(date.getUTCMinutes())
  );
}

/** The due times in (after, until], by going through all minutes. */
function slowly(cron: Cron, zone: string, moment: number, after: number, until: number): number[] {
  const times = [];
  for (const [at, { local, seenBefore, skipped }] of clockAround(zone, moment)) {
    if (at <= after || at > until) continue;
    const inItsRight = names(cron, local) && (cron.anyHour || !seenBefore);
    if (inItsRight || skipped.some((gone) => names(cron, gone))) times.push(at);
  }
  return times;
}

function swiftly(cron: Cron, zone: string, after: number, until: number): number[] {
  const times = [];
  let next = nextCron(cron, zone, new Date(after));
  while (next && next.getTime() <= until) {
    times.push(next.getTime());
    next = nextCron(cron, zone, next);
  }
  return times;
}

function listOf(least: number, most: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: least, max: most });
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const step = fc.integer({ min: 1, max: most }).map((by) => `*/${by}`);
  const part = fc.oneof({ weight: 3, arbitrary: value.map(String) }, range, step);
  return fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
}

function fieldOf(least: number, most: number): fc.Arbitrary<string> {
  return fc.oneof(fc.constant('*'), listOf(least, most));
}

const crons = fc
  .tuple(
    fieldOf(0, 59),
    // The hours in which clocks are changed.
    fc.oneof(
      fc.constant('*'),
      fc.constantFrom('0', '1', '2', '3', '23', '1-2', '*/2', '0-23'),
      listOf(0, 23),
    ),
    fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, listOf(1, 31)),
    fc.constant('*'),
    fc.oneof({ weight: 3, arbitrary: fc.constant('*') }, listOf(0, 7)),
  )
  .map((fields) => fields.join(' '));
const moments = fc.constantFrom(...MOMENTS);
const nearMs = fc.integer({ min: -SPAN_MINUTES * MINUTE_MS, max: SPAN_MINUTES * MINUTE_MS });

function read(text: string): Cron {
  const reading = parseCron(text);
  if (!reading.ok) throw new Error(`${text} ${reading.reason}`);
  return reading.cron;
}

test('due times are strictly after, and all that the clock shows: none between, none too many', () => {
  fc.assert(
    fc.property(crons, moments, nearMs, (text, [zone, instant], near) => {
      const moment = Date.parse(instant);
      const after = moment + near;
      const until = after + SPAN_MINUTES * MINUTE_MS;
      const cron = read(text);
      expect(swiftly(cron, zone, after, until)).toEqual(slowly(cron, zone, moment, after, until));
    }),
    { numRuns: 600 },
  );
});

test('a range of due times is what going through them gives', () => {
  fc.assert(
    fc.property(crons, moments, nearMs, fc.integer({ min: 0, max: 86_400_000 }), (text, moment, near, ms) => {
      const [zone, instant] = moment;
      const after = Date.parse(instant) + near;
      const cron = read(text);
      const times = swiftly(cron, zone, after, after + ms);
      const range = rangeOfCron(cron, zone, new Date(after), new Date(after + ms));
      expect(range && [range.count, range.first.getTime(), range.last.getTime()]).toEqual(
        times.length === 0 ? undefined : [times.length, times[0], times.at(-1)],
      );
    }),
    { numRuns: 400 },
  );
});

test('a later instant never has an earlier next time, down to the second', () => {
  const seconds = fc.tuple(fieldOf(0, 59), crons).map((fields) => fields.join(' '));
  fc.assert(
    fc.property(seconds, moments, nearMs, fc.nat({ max: 7_200_000 }), (text, [zone, instant], near, ms) => {
      const cron = read(text);
      const after = Date.parse(instant) + near;
      const first = nextCron(cron, zone, new Date(after))?.getTime() ?? Infinity;
      const second = nextCron(cron, zone, new Date(after + ms))?.getTime() ?? Infinity;
      expect(first).toBeGreaterThan(after);
      expect(second).toBeGreaterThanOrEqual(first);
      // Between the two there is nothing, so what comes after any instant before the first is the first.
      if (after + ms < first) expect(second).toBe(first);
    }),
    { numRuns: 1000 },
  );
});
