// What is a cron expression, and why the rest is none.

import { describe, expect, test } from 'vitest';
import { isDue, neverComes, parseCron } from './cron.ts';

function read(text: string) {
  const reading = parseCron(text);
  if (!reading.ok) throw new Error(`cron ${reading.reason}`);
  return reading.cron;
}

describe('is read', () => {
  test('five fields, due at the full minute', () => {
    expect(read('15 3 1 6 0')).toEqual({
      seconds: [0],
      minutes: [15],
      hours: [3],
      days: [1],
      months: [6],
      weekdays: [0],
      anyHour: false,
      anyDay: false,
      anyWeekday: false,
    });
  });

  test('six fields, the second first', () => {
    expect(read('10,40 15 3 1 6 0')).toMatchObject({ seconds: [10, 40], minutes: [15], hours: [3] });
  });

  test.each([
    ['1,3,2,3 * * * *', { minutes: [1, 2, 3] }],
    ['10-13 * * * *', { minutes: [10, 11, 12, 13] }],
    ['*/20 * * * *', { minutes: [0, 20, 40] }],
    ['5-30/10,59 * * * *', { minutes: [5, 15, 25, 59] }],
    ['00 08 * * *', { minutes: [0], hours: [8] }],
    ['0 0 * jan,Jun-AUG *', { months: [1, 6, 7, 8] }],
    ['0 0 * FEB-DEC/5 *', { months: [2, 7, 12] }],
    ['0 0 * * mon-FRI', { weekdays: [1, 2, 3, 4, 5] }],
    ['0 0 * * 7', { weekdays: [0] }],
    ['0 0 * * 5-7', { weekdays: [0, 5, 6] }],
    ['0 0 * * FRI-SUN', { weekdays: [0, 5, 6] }],
    ['0 0 * * SUN-TUE', { weekdays: [0, 1, 2] }],
    ['0 0 * * SUN-SUN', { weekdays: [0] }],
    ['0 0 * * */7', { weekdays: [0] }],
    [' \t0   0 * *\t* ', { minutes: [0], hours: [0] }],
  ])('%j', (text, fields) => {
    expect(read(text)).toMatchObject(fields);
  });

  test('only a lone "*" leaves a field open', () => {
    expect(read('0 * * * *')).toMatchObject({ anyHour: true, anyDay: true, anyWeekday: true });
    expect(read('0 */1 */1 * */1')).toMatchObject({ anyHour: false, anyDay: false, anyWeekday: false });
    expect(read('0 0-23 1-31 * 0-6')).toMatchObject({ anyHour: false, anyDay: false, anyWeekday: false });
  });
});

describe('is refused', () => {
  test.each([
    ['', 'has 0 fields; five or six are taken'],
    ['*', 'has 1 field; five or six are taken'],
    ['* * * *', 'has 4 fields; five or six are taken'],
    ['0 0 0 1 1 * 2027', 'has 7 fields; five or six are taken'],
    ['@hourly', 'is a nickname; write its fields, such as 0 0 * * * for each day'],
    ['60 * * * *', 'has "60" in the field minute, which is not from 0 to 59'],
    ['60 * * * * *', 'has "60" in the field second, which is not from 0 to 59'],
    ['0 24 * * *', 'has "24" in the field hour, which is not from 0 to 23'],
    ['0 0 0 * *', 'has "0" in the field day of month, which is not from 1 to 31'],
    ['0 0 1-32 * *', 'has "32" in the field day of month, which is not from 1 to 31'],
    ['0 0 * 13 *', 'has "13" in the field month, which is not from 1 to 12 or JAN to DEC'],
    ['0 0 * JANUARY *', 'has "JANUARY" in the field month, which is not from 1 to 12 or JAN to DEC'],
    ['0 0 * * 8', 'has "8" in the field day of week, which is not from 0 to 7 or SUN to SAT'],
    ['0 MON * * *', 'has "MON" in the field hour, which is not from 0 to 23'],
    ['0 22-2 * * *', 'has the range 22-2 in the field hour, which runs backwards'],
    ['0 0 * * FRI-MON', 'has the range FRI-MON in the field day of week, which runs backwards'],
    ['5/15 * * * *', 'has "5/15" in the field minute; a step needs a range, such as 5-59/15'],
    ['*/0 * * * *', 'has the step 0 in the field minute, which is not from 1 to 59'],
    ['*/60 * * * *', 'has the step 60 in the field minute, which is not from 1 to 59'],
    ['1,,2 * * * *', 'has an empty part in the field minute'],
    ['1, * * * *', 'has an empty part in the field minute'],
    ['1,* * * * *', 'has a "*" among other values in the field minute'],
    ['*/5/5 * * * *', 'has "*/5/5" in the field minute, which is no number, range or step'],
    ['1-2-3 * * * *', 'has "1-2-3" in the field minute, which is no number, range or step'],
    ['-5 * * * *', 'has "-5" in the field minute, which is no number, range or step'],
    ['1.5 * * * *', 'has "1.5" in the field minute, which is no number, range or step'],
    ['0x1 * * * *', 'has "0x1" in the field minute, which is not from 0 to 59'],
    ['٣ * * * *', 'has "٣" in the field minute, which is no number, range or step'],
    ['0 0 ? * *', 'has "?" in the field day of month, which is no number, range or step'],
    ['0 0 L * *', 'has "L" in the field day of month, which is not from 1 to 31'],
    ['0 0 15W * *', 'has "15W" in the field day of month, which is not from 1 to 31'],
    ['0 0 * * MON#2', 'has "MON#2" in the field day of week, which is no number, range or step'],
    ['0 0 * * *\n', 'has "*\\n" in the field day of week, which is no number, range or step'],
    ['0,'.repeat(600), 'is longer than 1024 characters'],
  ])('%j', (text, reason) => {
    expect(parseCron(text)).toEqual({ ok: false, reason });
  });
});

test.each([
  ['0 0 30 2 *', true],
  ['0 0 30,31 2 *', true],
  ['0 0 31 4,6,9,11 *', true],
  ['0 0 31 2-4/2 *', true],
  ['0 0 29 2 *', false],
  ['0 0 31 4,5 *', false],
  ['0 0 29-31 2 *', false],
  ['0 0 30 2 MON', false],
  ['0 0 * 2 *', false],
])('whether the date of %j never comes: %j', (text, never) => {
  expect(neverComes(read(text))).toBe(never);
});

test.each([
  ['0 0 13 * FRI', [true, true, true, false]],
  ['0 0 13 * *', [true, true, false, false]],
  ['0 0 * * FRI', [true, false, true, false]],
  ['0 0 */31 * FRI', [true, false, true, false]],
  ['0 0 13 MAR *', [false, false, false, false]],
])('%j is due on Friday the 13th, Monday the 13th, Friday the 14th, Monday the 14th: %j', (text, due) => {
  const dates = [
    [13, 5],
    [13, 1],
    [14, 5],
    [14, 1],
  ] as const;
  expect(dates.map(([day, weekday]) => isDue(read(text), 4, day, weekday))).toEqual(due);
});
