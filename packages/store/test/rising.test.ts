// Ids in order, whichever way they are sorted.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rising } from '../src/rising.ts';

test('few and many, dense and sparse ids come in rising order', () => {
  const most = fc.constantFrom(10_000, 1_000_000, 2 ** 40);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6000 }), most, fc.integer(), (count, top, seed) => {
      const ids = new Set<number>();
      for (let i = 0, next = Math.abs(seed) + 1; i < count; i++) {
        next = (next * 48_271) % 2_147_483_647;
        ids.add(Math.ceil((next / 2_147_483_647) * top));
      }
      const all = [...ids];
      expect(rising([...all])).toEqual(all.toSorted((a, b) => a - b));
    }),
  );
});
