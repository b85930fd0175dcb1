// A schedule is due by cron, at an interval or once, within its bounds; what never comes is told.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jitterMs } from './times-jitter.ts';
import { previewTimes, rangeOfTimes, readTiming, refusePast, type TimingInput } from './times.ts';

const created_at = new Date('2026-05-01T10:20:30.400Z');

function read(input: Omit<TimingInput, 'created_at'>) {
  const reading = readTiming({ ...input, created_at });
  if (!reading.ok) throw new Error(`${reading.field} ${reading.reason}`);
  return reading.timing;
}

function preview(input: Omit<TimingInput, 'created_at'>, from: Date, count = 3): string[] {
  return previewTimes(read(input), from, count).map((time) => time.toISOString());
}

describe('the next times', () => {
  test('of a cron schedule are read in UTC if no time zone is said', () => {
    expect(preview({ cron: '0 12 * * *' }, created_at, 1)).toEqual(['2026-05-01T12:00:00.000Z']);
    expect(preview({ cron: '0 12 * * *', time_zone: 'Asia/Kathmandu' }, created_at, 1)).toEqual([
      '2026-05-02T06:15:00.000Z',
    ]);
  });

  test('of an interval count from the creation, which is none itself', () => {
    expect(preview({ every_seconds: 90 }, new Date(0))).toEqual([
      '2026-05-01T10:22:00.400Z',
      '2026-05-01T10:23:30.400Z',
      '2026-05-01T10:25:00.400Z',
    ]);
    expect(preview({ every_seconds: 90 }, new Date('2026-05-01T10:23:30.400Z'), 1)).toEqual([
      '2026-05-01T10:25:00.400Z',
    ]);
  });

  test('of an interval with a start are the start and each interval after it, also if the start is long ago', () => {
    const start_at = new Date('2026-05-02T00:00Z');
    expect(preview({ every_seconds: 60, start_at }, created_at, 2)).toEqual([
      '2026-05-02T00:00:00.000Z',
      '2026-05-02T00:01:00.000Z',
    ]);
    expect(preview({ every_seconds: 7, start_at: new Date(0) }, created_at, 1)).toEqual([
      '2026-05-01T10:20:34.000Z',
    ]);
  });

  test('of a schedule for once are one', () => {
    const at = new Date('2026-05-02T00:00:00.123Z');
    expect(preview({ at }, created_at)).toEqual(['2026-05-02T00:00:00.123Z']);
    expect(preview({ at }, at)).toEqual([]);
  });

  test('may be the start, and not the end', () => {
    const [start_at, end_at] = [new Date('2026-05-03T00:00Z'), new Date('2026-05-05T00:00Z')];
    const days = ['2026-05-03T00:00:00.000Z', '2026-05-04T00:00:00.000Z'];
    expect(preview({ cron: '0 0 * * *', start_at, end_at }, created_at)).toEqual(days);
    expect(preview({ every_seconds: 86_400, start_at, end_at }, created_at)).toEqual(days);
  });

  test('of an interval that is longer than time are none', () => {
    expect(preview({ every_seconds: Number.MAX_SAFE_INTEGER }, created_at)).toEqual([]);
  });
});

test('the range of times has the start and not the end', () => {
  const [start_at, end_at] = [new Date('2026-05-03T00:00Z'), new Date('2026-05-05T00:00Z')];
  const [first, last] = [start_at, new Date('2026-05-04T00:00Z')];
  for (const input of [{ cron: '0 0 * * *' }, { every_seconds: 86_400 }]) {
    const timing = read({ ...input, start_at, end_at });
    expect(rangeOfTimes(timing, created_at, new Date('2027-01-01'))).toEqual({ count: 2, first, last });
  }
});

test('the range of an interval or a single time is what going through it gives', () => {
  const instants = fc.integer({ min: -500_000, max: 500_000 }).map((ms) => created_at.getTime() + ms);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer({ min: 1, max: 200 }).map((every_seconds) => ({ every_seconds })),
        instants.map((ms) => ({ at: new Date(ms) })),
        fc.constant({ cron: '*/7 * * * * *' }),
      ),
      fc.tuple(instants, instants, instants, instants),
      (input, [after, until, a, b]) => {
        const start_at = new Date(Math.min(a, b));
        const reading = readTiming({ ...input, start_at, end_at: new Date(Math.max(a, b)), created_at });
        fc.pre(reading.ok);
        const times = previewTimes(reading.timing, new Date(after), 1001).filter((time) => +time <= until);
        const range = rangeOfTimes(reading.timing, new Date(after), new Date(until));
        expect(range).toEqual(
          times.length === 0 ? undefined : { count: times.length, first: times[0], last: times.at(-1) },
        );
      },
    ),
  );
});

describe('refused', () => {
  const at = new Date('2026-06-01T00:00Z');
  const none = 'is required, if neither every_seconds nor at is given';
  const several = 'is given together with another of cron, every_seconds and at; one of them is to be given';
  test.each<[Omit<TimingInput, 'created_at'>, string, string]>([
    [{}, 'cron', none],
    [{ cron: '* * * * *', at }, 'at', several],
    [{ cron: '* * * * *', every_seconds: 60 }, 'every_seconds', several],
    [{ every_seconds: 60, at }, 'at', several],
    [{ cron: '* * * *' }, 'cron', 'has 4 fields; five or six are taken'],
    [{ cron: '0 0 30 2 *' }, 'cron', 'names a date that never comes'],
    [{ every_seconds: 0 }, 'every_seconds', 'is no whole number of seconds from 1 on'],
    [{ every_seconds: 1.5 }, 'every_seconds', 'is no whole number of seconds from 1 on'],
    [
      { cron: '* * * * *', time_zone: '+05:30' },
      'time_zone',
      'is no time zone of the IANA database, such as Europe/London',
    ],
    [{ every_seconds: 60, start_at: at, end_at: at }, 'end_at', 'is not after start_at'],
    [{ at, start_at: new Date(at.getTime() + 1) }, 'at', 'is before start_at'],
    [{ at, end_at: at }, 'at', 'is not before end_at'],
  ])('%j', (input, field, reason) => {
    expect(readTiming({ ...input, created_at })).toEqual({ ok: false, field, reason });
  });

  const now = new Date('2026-05-02T00:00Z');
  test.each<[Omit<TimingInput, 'created_at'>, string, string]>([
    [{ at: now }, 'at', 'is in the past'],
    [{ cron: '* * * * *', end_at: now }, 'end_at', 'leaves no time at which the schedule is due'],
    [
      { cron: '0 0 29 2 *', end_at: new Date('2028-02-29T00:00Z') },
      'end_at',
      'leaves no time at which the schedule is due',
    ],
    [{ every_seconds: Number.MAX_SAFE_INTEGER }, 'every_seconds', 'never comes'],
    [{ cron: '* * * * *', start_at: new Date(Date.UTC(9999, 11, 31, 23, 59, 59)) }, 'cron', 'never comes'],
  ])('as it is never due from now on: %j', (input, field, reason) => {
    expect(refusePast(read(input), now)).toEqual({ field, reason });
  });

  test('not what is due yet', () => {
    expect(refusePast(read({ at: new Date(now.getTime() + 1) }), now)).toBeUndefined();
    expect(refusePast(read({ cron: '0 0 29 2 *' }), now)).toBeUndefined();
  });
});

describe('jitter', () => {
  const due = new Date('2026-05-01T00:00Z');

  // These numbers are a promise: a replica of another version has to come to the same.
  test.each([
    [1, due, 60, 15_157],
    [2, due, 60, 48_009],
    [1, new Date('2026-05-01T00:01Z'), 60, 5099],
  ])('is the same on every replica: schedule %i at %o in %i s', (id, time, seconds, ms) => {
    expect(jitterMs(id, time, seconds)).toBe(ms);
  });

  test('without seconds is none, and with some is spread evenly over all of them', () => {
    expect(jitterMs(1, due, 0)).toBe(0);
    const tenths = new Array<number>(10).fill(0);
    for (let id = 1; id <= 10_000; id++) {
      const ms = jitterMs(id, due, 60);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(60_000);
      const tenth = Math.min(9, Math.floor(ms / 6000));
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('is another for each due time of a schedule', () => {
    const minutes = Array.from({ length: 100 }, (_, minute) => new Date(due.getTime() + minute * 60_000));
    expect(new Set(minutes.map((time) => jitterMs(7, time, 3600))).size).toBe(100);
  });
});
