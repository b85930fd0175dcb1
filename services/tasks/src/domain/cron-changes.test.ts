// The rule at changes of the clock, one row for each case: the expected times are written out by hand from the IANA database.

import { afterEach, describe, expect, test } from 'vitest';
import { parseCron } from './cron.ts';
import { nextCron, rangeOfCron } from './cron-next.ts';
import { isTimeZone } from './cron-zone.ts';

function timesOf(text: string, timeZone: string, after: string, count: number): string[] {
  const reading = parseCron(text);
  if (!reading.ok) throw new Error(reading.reason);
  const times = [];
  let next = nextCron(reading.cron, timeZone, new Date(after));
  while (next && times.length < count) {
    times.push(next.toISOString().replace(/:00\.000Z$|\.000Z$/, 'Z'));
    next = nextCron(reading.cron, timeZone, next);
  }
  return times;
}

type Row = [cron: string, after: string, due: string[]];

function holds(timeZone: string, rows: Row[]): void {
  test.each(rows)(`${timeZone}: %s after %s`, (text, after, due) => {
    expect(timesOf(text, timeZone, after, due.length)).toEqual(due);
  });
}

describe('a local time that is skipped is due at once after the gap', () => {
  // 2:00 EST to 3:00 EDT at 7:00Z.
  holds('America/New_York', [
    ['30 2 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    ['0 2 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:00Z']],
    ['0 3 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T07:00Z']],
    // Skipped and in its own right: once.
    ['0 2,3 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:00Z']],
    ['*/20 2 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:00Z']],
    ['59 1 * * *', '2026-03-08T00:00Z', ['2026-03-08T06:59Z', '2026-03-09T05:59Z']],
    ['30 * * * *', '2026-03-08T06:00Z', ['2026-03-08T06:30Z', '2026-03-08T07:00Z', '2026-03-08T07:30Z']],
    ['*/30 * * * *', '2026-03-08T06:00Z', ['2026-03-08T06:30Z', '2026-03-08T07:00Z', '2026-03-08T07:30Z']],
    ['30 */2 * * *', '2026-03-08T05:00Z', ['2026-03-08T05:30Z', '2026-03-08T07:00Z', '2026-03-08T08:30Z']],
    ['30 2 8 3 *', '2026-01-01T00:00Z', ['2026-03-08T07:00Z', '2027-03-08T07:30Z']],
    ['30 2 * * SUN', '2026-03-02T00:00Z', ['2026-03-08T07:00Z', '2026-03-15T06:30Z']],
    ['15 30 2 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30:15Z']],
    ['59 59 1 * * *', '2026-03-08T00:00Z', ['2026-03-08T06:59:59Z', '2026-03-09T05:59:59Z']],
  ]);
  // 1:00 GMT to 2:00 BST at 1:00Z.
  holds('Europe/London', [
    ['30 1 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['0 2 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T01:00Z']],
    ['0 * * * *', '2026-03-29T00:30Z', ['2026-03-29T01:00Z', '2026-03-29T02:00Z']],
  ]);
  // 2:00 to 2:30 at 15:30Z the day before.
  holds('Australia/Lord_Howe', [
    ['15 2 * * *', '2026-10-03T00:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    ['30 2 * * *', '2026-10-03T00:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:30Z']],
    ['45 2 * * *', '2026-10-03T00:00Z', ['2026-10-03T15:45Z', '2026-10-04T15:45Z']],
    ['*/15 * * * *', '2026-10-03T15:00Z', ['2026-10-03T15:15Z', '2026-10-03T15:30Z', '2026-10-03T15:45Z']],
  ]);
  // The day after 29 December 2011 was the 31st, from 10:00Z on.
  holds('Pacific/Apia', [
    ['0 12 * * *', '2011-12-29T12:00Z', ['2011-12-29T22:00Z', '2011-12-30T10:00Z', '2011-12-30T22:00Z']],
    ['0 12 30 12 *', '2011-01-01T00:00Z', ['2011-12-30T10:00Z', '2012-12-29T22:00Z']],
    ['0 0 * * *', '2011-12-29T00:00Z', ['2011-12-29T10:00Z', '2011-12-30T10:00Z', '2011-12-31T10:00Z']],
    ['0 0 * * FRI', '2011-12-24T00:00Z', ['2011-12-30T10:00Z', '2012-01-05T10:00Z']],
  ]);
  // Midnight to 1:00 at 3:00Z.
  holds('America/Sao_Paulo', [
    ['0 0 * * *', '2018-11-03T12:00Z', ['2018-11-04T03:00Z', '2018-11-05T02:00Z']],
    ['30 0 4 11 *', '2018-01-01T00:00Z', ['2018-11-04T03:00Z', '2019-11-04T03:30Z']],
    ['59 23 * * *', '2018-11-03T12:00Z', ['2018-11-04T02:59Z', '2018-11-05T01:59Z']],
  ]);
  // 5:30 to 5:45 ahead of UTC, at the midnight of 1986.
  holds('Asia/Kathmandu', [
    ['5 0 1 1 *', '1985-06-01T00:00Z', ['1985-12-31T18:30Z', '1986-12-31T18:20Z']],
    ['15 0 1 1 *', '1985-06-01T00:00Z', ['1985-12-31T18:30Z', '1986-12-31T18:30Z']],
  ]);
  // A change at the midnight of UTC itself, 2:00 to 3:00.
  holds('Asia/Jerusalem', [
    ['30 2 * * *', '2022-03-24T12:00Z', ['2022-03-25T00:00Z', '2022-03-25T23:30Z']],
    ['30 2 25 3 *', '2022-01-01T00:00Z', ['2022-03-25T00:00Z', '2023-03-24T23:30Z']],
  ]);
});

describe('a local time that comes twice is due the first time if the hour is fixed, each time if it is "*"', () => {
  // 2:00 EDT to 1:00 EST at 6:00Z.
  holds('America/New_York', [
    ['30 1 * * *', '2026-10-31T12:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['30 1 * * *', '2026-11-01T05:30Z', ['2026-11-02T06:30Z']],
    ['30 1 * * *', '2026-11-01T05:45Z', ['2026-11-02T06:30Z']],
    ['0 1 * * *', '2026-10-31T12:00Z', ['2026-11-01T05:00Z', '2026-11-02T06:00Z']],
    ['0 2 * * *', '2026-10-31T12:00Z', ['2026-11-01T07:00Z', '2026-11-02T07:00Z']],
    ['30 1-2 * * *', '2026-10-31T12:00Z', ['2026-11-01T05:30Z', '2026-11-01T07:30Z', '2026-11-02T06:30Z']],
    ['30 */1 * * *', '2026-11-01T05:00Z', ['2026-11-01T05:30Z', '2026-11-01T07:30Z']],
    ['30 0-23 * * *', '2026-11-01T05:00Z', ['2026-11-01T05:30Z', '2026-11-01T07:30Z']],
    ['30 * * * *', '2026-11-01T05:00Z', ['2026-11-01T05:30Z', '2026-11-01T06:30Z', '2026-11-01T07:30Z']],
    ['30 * 1 11 *', '2026-11-01T05:00Z', ['2026-11-01T05:30Z', '2026-11-01T06:30Z', '2026-11-01T07:30Z']],
    ['59 59 1 * * *', '2026-11-01T05:00Z', ['2026-11-01T05:59:59Z', '2026-11-02T06:59:59Z']],
  ]);
  // 2:00 BST to 1:00 GMT at 1:00Z.
  holds('Europe/London', [
    ['30 1 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['0 * * * *', '2026-10-24T23:30Z', ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z']],
  ]);
  // 2:00 to 1:30 at 15:00Z the day before.
  holds('Australia/Lord_Howe', [
    ['45 1 * * *', '2026-04-04T00:00Z', ['2026-04-04T14:45Z', '2026-04-05T15:15Z']],
    ['15 1 * * *', '2026-04-04T00:00Z', ['2026-04-04T14:15Z', '2026-04-05T14:45Z']],
    ['0 2 * * *', '2026-04-04T00:00Z', ['2026-04-04T15:30Z', '2026-04-05T15:30Z']],
    ['45 * * * *', '2026-04-04T14:00Z', ['2026-04-04T14:45Z', '2026-04-04T15:15Z', '2026-04-04T16:15Z']],
  ]);
  // Midnight to 23:00 of the day before, at 2:00Z.
  holds('America/Sao_Paulo', [
    ['30 23 * * *', '2018-02-17T12:00Z', ['2018-02-18T01:30Z', '2018-02-19T02:30Z']],
    ['0 0 * * *', '2018-02-17T12:00Z', ['2018-02-18T03:00Z', '2018-02-19T03:00Z']],
    ['30 * 17 2 *', '2018-02-18T01:00Z', ['2018-02-18T01:30Z', '2018-02-18T02:30Z', '2019-02-17T03:30Z']],
  ]);
  // 1:00 to midnight at 1:00Z.
  holds('Atlantic/Azores', [['30 0 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']]]);
});

describe('an offset of its own kind', () => {
  holds('Asia/Kathmandu', [
    ['0 0 * * *', '2026-03-01T00:00Z', ['2026-03-01T18:15Z', '2026-03-02T18:15Z']],
    ['*/30 * * * *', '2026-03-01T00:00Z', ['2026-03-01T00:15Z', '2026-03-01T00:45Z']],
    ['30 5 29 2 *', '2026-03-01T00:00Z', ['2028-02-28T23:45Z', '2032-02-28T23:45Z']],
  ]);
  holds('Pacific/Kiritimati', [['0 0 1 1 *', '2026-03-01T00:00Z', ['2026-12-31T10:00Z']]]);
  holds('Etc/GMT+12', [['59 23 31 12 *', '2026-03-01T00:00Z', ['2027-01-01T11:59Z']]]);
});

describe('far ahead', () => {
  holds('UTC', [
    ['0 0 29 2 *', '2096-03-01T00:00Z', ['2104-02-29T00:00Z', '2108-02-29T00:00Z']],
    ['59 59 23 31 12 *', '9998-01-01T00:00Z', ['9998-12-31T23:59:59Z']],
  ]);

  test('a date that never comes is told at once', () => {
    expect(timesOf('0 0 30 2 *', 'Europe/London', '2026-01-01T00:00Z', 1)).toEqual([]);
  });
});

test('a repeated time is due once in a range of times too, and the end of a gap that is also due in its own right', () => {
  const reading = parseCron('*/30 1-3 * * *');
  if (!reading.ok) throw new Error(reading.reason);
  const inNewYork = (after: string, until: string) =>
    rangeOfCron(reading.cron, 'America/New_York', new Date(after), new Date(until));
  expect(inNewYork('2026-11-01T04:00Z', '2026-11-01T12:00Z')?.count).toBe(6);
  // Ends in the second pass, in which nothing is due.
  expect(inNewYork('2026-11-01T04:00Z', '2026-11-01T06:15Z')?.count).toBe(2);
  expect(inNewYork('2026-11-01T06:15Z', '2026-11-01T06:45Z')).toBeUndefined();
  // 1:00, 1:30, 3:00, 3:30.
  expect(inNewYork('2026-03-08T04:00Z', '2026-03-08T12:00Z')).toEqual({
    count: 4,
    first: new Date('2026-03-08T06:00Z'),
    last: new Date('2026-03-08T07:30Z'),
  });
});

describe('the time zone of the process does not matter', () => {
  const own = process.env['TZ'];
  afterEach(() => {
    if (own === undefined) delete process.env['TZ'];
    else process.env['TZ'] = own;
  });

  test.each(['UTC', 'America/New_York', 'Pacific/Apia', 'Asia/Kathmandu'])('%s', (zone) => {
    process.env['TZ'] = zone;
    expect(new Date(2026, 0, 1).getTimezoneOffset() === 0).toBe(zone === 'UTC');
    expect(timesOf('30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', 2)).toEqual([
      '2026-03-08T07:00Z',
      '2026-03-09T06:30Z',
    ]);
  });
});

describe('a time zone', () => {
  test.each([
    'UTC',
    'Europe/London',
    'europe/london',
    'Asia/Kathmandu',
    'Asia/Katmandu',
    'US/Eastern',
    'Etc/GMT+5',
    'GMT',
    'EST',
    'PRC',
    'EST5EDT',
  ])('%s is one', (text) => {
    expect(isTimeZone(text)).toBe(true);
  });

  test.each([
    '',
    'Z',
    '+05:30',
    '-08',
    'UTC+1',
    'IST',
    'PST',
    'SystemV/AST4',
    'Mars/Olympus',
    'Europe/London ',
    'local',
    'Factory',
  ])('%j is none', (text) => {
    expect(isTimeZone(text)).toBe(false);
  });
});
