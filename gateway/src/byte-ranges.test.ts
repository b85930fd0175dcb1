// What a Range header asks for, and when it is meant.

import { expect, test } from 'vitest';
import { isRangeMeant, isUnmodified, parseRange } from './byte-ranges.ts';

test.each([
  ['bytes=0-499', { offset: 0, length: 500 }],
  ['bytes=500-', { offset: 500 }],
  ['bytes=-500', { offset: -500 }],
  ['Bytes = 7-7', { offset: 7, length: 1 }],
  ['bytes=-0', { offset: 0, length: 0 }],
  ['bytes=0-99999999999999999999', { offset: 0, length: Number.MAX_SAFE_INTEGER }],
])('%s is one range', (header, range) => {
  expect(parseRange(header)).toEqual(range);
});

test.each([
  undefined,
  '',
  'bytes',
  'bytes=',
  'bytes=-',
  'bytes=5-4',
  'bytes=0-1,3-4',
  'lines=0-1',
  'bytes=1.5-2',
  'bytes=0x1-2',
  '0-1',
])('%s is none', (header) => {
  expect(parseRange(header)).toBeUndefined();
});

test('a range is meant of the same state alone', () => {
  const lastModified = new Date('2026-01-31T12:00:00.700Z');
  const state = { etag: '"x"', lastModified };
  const later = lastModified.getTime() + 5000;
  expect(isRangeMeant(undefined, state, later)).toBe(true);
  expect(isRangeMeant('"x"', state, later)).toBe(true);
  expect(isRangeMeant('W/"x"', state, later)).toBe(false);
  expect(isRangeMeant('"y"', state, later)).toBe(false);
  expect(isRangeMeant('Sat, 31 Jan 2026 12:00:00 GMT', state, later)).toBe(true);
  expect(isRangeMeant('Sat, 31 Jan 2026 12:00:01 GMT', state, later)).toBe(false);
  expect(
    isRangeMeant('Sat, 31 Jan 2026 12:00:00 GMT', state, lastModified.getTime() + 500),
    'it may change in that second',
  ).toBe(false);
  expect(isRangeMeant('nonsense', state, later)).toBe(false);
});

test('a date says whether something is new', () => {
  const changed = new Date('2026-01-31T12:00:00.700Z');
  expect(isUnmodified('Sat, 31 Jan 2026 12:00:00 GMT', changed)).toBe(true);
  expect(isUnmodified('Sat, 31 Jan 2026 11:59:59 GMT', changed)).toBe(false);
  expect(isUnmodified('nonsense', changed)).toBe(false);
  expect(isUnmodified(undefined, changed)).toBe(false);
});
