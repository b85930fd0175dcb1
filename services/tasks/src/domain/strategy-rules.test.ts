import fc from 'fast-check';
import { expect, test } from 'vitest';
import { targetFaults } from './target-rules.ts';
import { waveFaults, wholeWaves } from './waves-rules.ts';

test('waves are taken if, and only if, they rise to all hosts', () => {
  const percents = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(percents, (given) => {
      const rises = given.every((percent, index) => index === 0 || percent > (given[index - 1] ?? 0));
      const isRight = rises && given.at(-1) === 100;
      expect(waveFaults(given.map((percent) => ({ percent }))).length === 0).toBe(isRight);
    }),
  );
  expect(waveFaults(wholeWaves([]))).toEqual([]);
});

test('the wave at fault is named', () => {
  expect(waveFaults([{ percent: 50 }, { percent: 20 }, { percent: 90 }])).toEqual([
    { field: 'waves[1].percent', reason: 'has to be more than the 50 of the wave before' },
    { field: 'waves[2].percent', reason: 'has to be 100 in the last wave' },
  ]);
});

test('a target names labels that hosts can have and ranges that can be read', () => {
  expect(targetFaults({})).toEqual([]);
  expect(
    targetFaults({ labels: { env: ['prod', ''], 'a/b': ['1'] }, eggs: [{}, { versions: '>=1 <2 || 3.x' }] }),
  ).toEqual([]);
  const wrong = {
    env: [],
    'a b': ['1'],
    zone: 'x',
    n: [1],
    [`k${'x'.repeat(63)}`]: ['1'],
    long: ['x'.repeat(256)],
  };
  expect(targetFaults({ labels: wrong, eggs: [{ versions: 'latest' }] }).map(({ field }) => field)).toEqual([
    ...Object.keys(wrong).map((key) => `labels.${key}`),
    'eggs[0].versions',
  ]);
});
