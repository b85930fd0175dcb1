// A maintenance window is open from the time its cron expression is due, for its minutes, and not a moment longer.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOpen, nextOpening, readWindows, type WindowInput } from './windows.ts';

function read(...inputs: WindowInput[]) {
  const reading = readWindows(inputs);
  if (!reading.ok) throw new Error(`${reading.field} ${reading.reason}`);
  return reading.windows;
}

const night: WindowInput = { cron: '0 22 * * MON-FRI', minutes: 240, time_zone: 'Europe/London' };
const noon: WindowInput = { cron: '0 12 * * *', minutes: 1 };

describe('is open', () => {
  test.each([
    ['2026-06-05T20:59:59.999Z', false],
    ['2026-06-05T21:00:00.000Z', true],
    ['2026-06-06T00:59:59.999Z', true],
    ['2026-06-06T01:00:00.000Z', false],
    ['2026-06-06T22:00:00.000Z', false],
    ['2026-06-06T12:00:59.999Z', true],
  ])('at %s: %j', (now, open) => {
    expect(isOpen(read(night, noon), new Date(now))).toBe(open);
  });

  test('always, without windows', () => {
    expect(isOpen([], new Date())).toBe(true);
    const now = new Date();
    expect(nextOpening([], now)).toBe(now);
  });

  test('for as long as ever if a time is skipped, and once if it comes twice', () => {
    const windows = read({ cron: '30 1 * * *', minutes: 15, time_zone: 'Europe/London' });
    const openAt = (now: string) => isOpen(windows, new Date(now));
    expect(['2026-03-29T00:59:59Z', '2026-03-29T01:00Z', '2026-03-29T01:14:59Z'].map(openAt)).toEqual([
      false,
      true,
      true,
    ]);
    expect(['2026-03-29T01:15Z', '2026-10-25T00:30Z', '2026-10-25T01:30Z'].map(openAt)).toEqual([
      false,
      true,
      false,
    ]);
  });

  test('without a break if it opens again before it is over', () => {
    const windows = read({ cron: '0 0 * * *', minutes: 36 * 60 });
    expect(isOpen(windows, new Date('2026-01-01T23:59:59Z'))).toBe(true);
  });
});

describe('opens next', () => {
  test.each([
    ['2026-06-05T15:00:00Z', '2026-06-05T21:00:00.000Z'],
    ['2026-06-05T22:00:00Z', '2026-06-05T22:00:00.000Z'],
    ['2026-06-06T01:00:00Z', '2026-06-06T12:00:00.000Z'],
    ['2026-06-06T12:01:00Z', '2026-06-07T12:00:00.000Z'],
  ])('from %s on at %s', (now, opening) => {
    expect(nextOpening(read(night, noon), new Date(now))?.toISOString()).toBe(opening);
  });

  test('at the first moment at which it is open', () => {
    const instants = fc.date({
      min: new Date('2026-01-01'),
      max: new Date('2027-01-01'),
      noInvalidDate: true,
    });
    const minutes = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(instants, minutes, fc.double({ min: 0, max: 1, noNaN: true }), (now, length, share) => {
        const windows = read({ ...night, minutes: length }, noon);
        const opening = nextOpening(windows, now);
        if (!opening) throw new Error('never opens');
        expect(isOpen(windows, opening)).toBe(true);
        const between = new Date(now.getTime() + Math.floor(share * (opening.getTime() - now.getTime() - 1)));
        if (between >= now && between < opening) expect(isOpen(windows, between)).toBe(false);
      }),
    );
  });
});

test.each<[WindowInput, string, string]>([
  [{ cron: '* * *', minutes: 1 }, 'cron', 'has 3 fields; five or six are taken'],
  [{ cron: '0 0 31 4 *', minutes: 1 }, 'cron', 'names a date that never comes'],
  [{ cron: '* * * * *', minutes: 0 }, 'minutes', 'is no whole number from 1 to 527040'],
  [{ cron: '* * * * *', minutes: 1.5 }, 'minutes', 'is no whole number from 1 to 527040'],
  [{ cron: '* * * * *', minutes: 527_041 }, 'minutes', 'is no whole number from 1 to 527040'],
  [
    { cron: '* * * * *', minutes: 1, time_zone: 'PST' },
    'time_zone',
    'is no time zone of the IANA database, such as Europe/London',
  ],
])('is refused with its place: %j', (input, field, reason) => {
  expect(readWindows([noon, input])).toEqual({ ok: false, index: 1, field, reason });
});
