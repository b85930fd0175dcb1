import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countedDomain, countKey, dayOf, daysBefore, isDay, summed } from './blocked.ts';
import { parseLabel } from './labels.ts';

const day = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9998-12-31'), noInvalidDate: true })
  .map(dayOf);

test('a domain is counted in one form', () => {
  expect(countedDomain('Ads.Example.ORG.')).toBe('ads.example.org');
  expect(countedDomain('.')).toBeUndefined();
});

test('a later day comes first', () => {
  fc.assert(
    fc.property(day, day, (one, other) => {
      const [a, b] = [countKey(one, 'domain', 'x'), countKey(other, 'domain', 'x')];
      expect(a < b).toBe(one > other);
    }),
  );
});

test('only a day that there is is one', () => {
  expect(isDay('2024-02-29')).toBe(true);
  expect(isDay('2026-02-29')).toBe(false);
  expect(isDay('2026-13-01')).toBe(false);
  expect(daysBefore('2026-03-01', 1)).toBe('2026-02-28');
});

test('counts of one name are summed, apart for domains and processes', () => {
  expect(
    summed([
      { kind: 'domain', name: 'a', count: 1 },
      { kind: 'process', name: 'a', count: 2 },
      { kind: 'domain', name: 'a', count: 3 },
    ]),
  ).toEqual([
    { kind: 'domain', name: 'a', count: 4 },
    { kind: 'process', name: 'a', count: 2 },
  ]);
});

test('a label is asked for by key and value, or by key alone', () => {
  expect(parseLabel('env=prod')).toEqual({ key: 'env', value: 'prod' });
  expect(parseLabel('env:a=b')).toEqual({ key: 'env', value: 'a=b' });
  expect(parseLabel('env=')).toEqual({ key: 'env', value: '' });
  expect(parseLabel('env')).toEqual({ key: 'env' });
  expect(parseLabel('$where')).toBeUndefined();
  expect(parseLabel('a.b=c')).toBeUndefined();
});
