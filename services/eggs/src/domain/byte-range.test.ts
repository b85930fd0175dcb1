// Which bytes of a file an offset and a length mean.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteRange } from './byte-range.ts';

test('what is not said is the whole', () => {
  expect(byteRange(10, {})).toEqual({ offset: 0, length: 10 });
  expect(byteRange(0, {})).toEqual({ offset: 0, length: 0 });
});

test('a negative offset counts from the end', () => {
  expect(byteRange(10, { offset: -3 })).toEqual({ offset: 7, length: 3 });
  expect(byteRange(10, { offset: -30, length: 4 })).toEqual({ offset: 0, length: 4 });
});

test('behind the end is nothing', () => {
  expect(byteRange(10, { offset: 10 })).toEqual({ offset: 10, length: 0 });
  expect(byteRange(10, { offset: 1e15, length: 5 })).toEqual({ offset: 10, length: 0 });
});

test('it is what slicing gives, whatever is asked for', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.integer({ min: -60, max: 60 }), fc.nat(60), (size, offset, length) => {
      const bytes = Array.from({ length: size }, (_, index) => index);
      const range = byteRange(size, { offset, length });
      expect(bytes.slice(range.offset, range.offset + range.length)).toEqual(
        bytes.slice(offset).slice(0, length),
      );
    }),
  );
});
