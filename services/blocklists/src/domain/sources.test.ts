// Sources are a set in order of arrival, and an entry goes with its last.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dropSource, joinSource } from './sources.ts';

const source = fc.constantFrom('manual', 'feed', 'other', '');
const sets = fc.uniqueArray(source);

test('a source joins at the end, once', () => {
  expect(joinSource(['manual'], 'feed')).toEqual(['manual', 'feed']);
  expect(joinSource(['manual', 'feed'], 'manual')).toBeUndefined();
});

test('a source drops out, and the last one takes the entry along', () => {
  expect(dropSource(['manual', 'feed'], 'manual')).toEqual(['feed']);
  expect(dropSource(['manual'], 'manual')).toBe('gone');
});

test('a source that is not there changes nothing', () => {
  const sources = ['manual'];
  expect(dropSource(sources, 'feed')).toBe(sources);
});

test('joining and dropping are undone by each other, and leave what they were given as it was', () => {
  fc.assert(
    fc.property(sets, source, (sources, one) => {
      const before = [...sources];
      const joined = joinSource(sources, one);
      expect(joined === undefined).toBe(sources.includes(one));
      if (joined) {
        expect(new Set(joined).size).toBe(joined.length);
        expect(dropSource(joined, one)).toEqual(sources.length === 0 ? 'gone' : sources);
      }
      expect(sources).toEqual(before);
    }),
  );
});
