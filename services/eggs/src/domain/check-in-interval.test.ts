import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextCheckIn, nextFactor, sustained } from './check-in-interval.ts';

describe('when a host is to come again', () => {
  test('is within a tenth of the interval, and all of that is used', () => {
    const seen = Array.from({ length: 5000 }, () => nextCheckIn(60, 1, Math.random));
    expect(Math.min(...seen)).toBe(54);
    expect(Math.max(...seen)).toBe(66);
    expect(seen.reduce((sum, one) => sum + one, 0) / seen.length).toBeCloseTo(60, 0);
  });

  test('is spread also where the interval is short, and never less than a second', () => {
    const of = (seconds: number): number[] =>
      [...new Set(Array.from({ length: 2000 }, () => nextCheckIn(seconds, 1, Math.random)))].sort();
    expect(of(1)).toEqual([1, 2]);
    expect(of(3)).toEqual([2, 3, 4]);
  });

  test('is a whole number of seconds for any interval, factor and chance', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 86_400 }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        chance,
        chance,
        (seconds, factor, one, other) => {
          const chances = [one, other];
          const next = nextCheckIn(seconds, factor, () => chances.shift() as number);
          expect(Number.isInteger(next)).toBe(true);
          expect(next).toBeGreaterThanOrEqual(Math.max(1, Math.floor(seconds * factor * 0.9)));
          expect(next).toBeLessThanOrEqual(Math.ceil(seconds * factor * 1.1));
        },
      ),
    );
  });
});

describe('the load factor', () => {
  const after = (steps: number, load: { utilisation: number; waitMs: number }, before = 1): number =>
    Array.from({ length: steps }).reduce<number>((factor) => nextFactor(factor, load), before);

  test('stays 1 while there is little to do', () => {
    expect(after(100, { utilisation: 0.6, waitMs: 50 })).toBe(1);
  });

  test('rises within seconds, for a busy process as for a slow database, and not beyond 10', () => {
    expect(after(8, { utilisation: 1, waitMs: 0 })).toBeGreaterThan(9);
    expect(after(8, { utilisation: 0.1, waitMs: 5000 })).toBeGreaterThan(9);
    expect(after(1000, { utilisation: 1, waitMs: 60_000 })).toBeLessThanOrEqual(10);
  });

  test('is not raised by a moment', () => {
    const [easy, hard] = [
      { utilisation: 0.1, waitMs: 5 },
      { utilisation: 1, waitMs: 5000 },
    ];
    expect(nextFactor(1, sustained([hard, hard, easy, hard, hard]))).toBe(1);
    expect(nextFactor(1, sustained([hard, hard, hard]))).toBeGreaterThan(1);
    expect(nextFactor(1, sustained([]))).toBe(1);
  });

  test('falls slowly, and never below 1', () => {
    const idle = { utilisation: 0, waitMs: 0 };
    expect(after(5, idle, 10)).toBeGreaterThan(7);
    expect(after(300, idle, 10)).toBeCloseTo(1);
    expect(after(300, idle, 10)).toBeGreaterThanOrEqual(1);
  });

  test('is higher under a higher load', () => {
    const load = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(load, load, fc.double({ min: 1, max: 10, noNaN: true }), (one, other, before) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const at = (utilisation: number): number => nextFactor(before, { utilisation, waitMs: 0 });
        expect(at(low)).toBeLessThanOrEqual(at(high));
      }),
    );
  });
});
