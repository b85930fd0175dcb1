import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endOf, hasSucceeded, isOver, placeOf, waveOf } from './waves.ts';

const id = fc.integer({ min: 1, max: 2 ** 40 });
const PLACES = ['0.871331', '40.804310', '31.023574', '6.619568'];
const percents = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 })
  .map((some) => [...some.sort((a, b) => a - b), 100].map((percent) => ({ percent })));

describe('a host’s place in a run', () => {
  test('is within 0 and 100, and always the same', () => {
    fc.assert(
      fc.property(id, id, (run, host) => {
        const place = placeOf(run, host);
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThan(100);
        expect(placeOf(run, host)).toBe(place);
      }),
    );
  });

  test('does not move with an update of this service', () => {
    expect(
      [placeOf(1, 1), placeOf(1, 2), placeOf(2, 1), placeOf(7, 2 ** 40)].map((p) => p.toFixed(6)),
    ).toEqual(PLACES);
  });

  test('is spread evenly, and in another order for each run', () => {
    const share = (run: number): number =>
      Array.from({ length: 20_000 }, (_, host) => placeOf(run, host + 1)).filter((place) => place < 10)
        .length;
    for (const run of [1, 2, 3, 1000]) expect(Math.abs(share(run) - 2000)).toBeLessThan(200);
    const first = (run: number) =>
      new Set(Array.from({ length: 1000 }, (_, h) => h + 1).filter((h) => placeOf(run, h) < 10));
    const [one, other] = [first(1), first(2)];
    expect([...one].filter((host) => other.has(host)).length).toBeLessThan(40);
  });

  test('is in a wave that a larger percent only reaches earlier', () => {
    fc.assert(
      fc.property(id, id, percents, fc.integer({ min: 1, max: 100 }), (run, host, waves, more) => {
        const place = placeOf(run, host);
        const wave = waveOf(place, waves);
        expect(place).toBeLessThan(waves[wave]?.percent ?? 0);
        if (wave > 0) expect(place).toBeGreaterThanOrEqual(waves[wave - 1]?.percent ?? 0);
        const larger = waves.map(({ percent }) => ({ percent: Math.min(100, percent + more) }));
        expect(waveOf(place, larger)).toBeLessThanOrEqual(wave);
      }),
    );
  });
});

describe('a wave', () => {
  const wave = { percent: 10, soak_seconds: 60, success_percent: 50 };
  const opened = new Date('2026-03-01T00:00:00Z');
  const at = (seconds: number): Date => new Date(opened.getTime() + seconds * 1000);

  test.for([
    ['nobody has ended', { ended: 0, succeeded: 0 }, 600, false],
    ['the soak is not over', { ended: 4, succeeded: 4 }, 59, false],
    ['too few succeeded', { ended: 4, succeeded: 1 }, 60, false],
    ['just enough succeeded and the soak is over', { ended: 4, succeeded: 2 }, 60, true],
  ] as const)('is over or not where %s', ([, counts, seconds, expected]) => {
    expect(isOver(wave, counts, opened, at(seconds))).toBe(expected);
  });

  test('needs all to succeed where nothing else is said', () => {
    expect(hasSucceeded({ percent: 100 }, { ended: 1000, succeeded: 999 })).toBe(false);
    expect(hasSucceeded({ percent: 100 }, { ended: 1000, succeeded: 1000 })).toBe(true);
  });
});

test.for([
  ['no host at all', [], 'succeeded'],
  [
    'all of the last wave',
    [
      { ended: 2, succeeded: 1 },
      { ended: 5, succeeded: 5 },
    ],
    'succeeded',
  ],
  [
    'not enough of the last wave',
    [
      { ended: 2, succeeded: 2 },
      { ended: 5, succeeded: 4 },
    ],
    'failed',
  ],
  [
    'a last wave in which no host fell, after a failure',
    [
      { ended: 1, succeeded: 0 },
      { ended: 0, succeeded: 0 },
    ],
    'failed',
  ],
  ['a last wave in which no host fell, after success', [{ ended: 1, succeeded: 1 }], 'succeeded'],
] as const)('a run ends by its last wave: %s', ([, counts, expected]) => {
  expect(endOf([{ percent: 10 }, { percent: 100 }], counts)).toBe(expected);
});
