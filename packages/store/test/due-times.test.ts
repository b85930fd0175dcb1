// Due times against a plain Map, through changes that leave most of the heap behind.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueTimes } from '../src/due-times.ts';

const id = fc.integer({ min: 1, max: 20 });
const time = fc.integer({ min: 0, max: 50 });
const step = fc.tuple(id, fc.option(time, { nil: undefined, freq: 4 }));

test('the first that is due is known, and so are all that are due by a time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: step }, { weight: 1, arbitrary: time }), {
        maxLength: 300,
        size: 'max',
      }),
      fc.integer({ min: 1, max: 10 }),
      (steps, limit) => {
        const due = new DueTimes();
        const model = new Map<number, number>();
        for (const one of steps) {
          if (typeof one === 'number') {
            const wanted = [...model.values()].filter((at) => at <= one).sort((a, b) => a - b);
            const ids = due.until(one, limit);
            expect(new Set(ids).size).toBe(ids.length);
            expect(ids.map((of) => model.get(of))).toEqual(wanted.slice(0, limit));
          } else {
            due.set(...one);
            if (one[1] === undefined) model.delete(one[0]);
            else model.set(...(one as [number, number]));
          }
          expect(due.next()).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
          expect(due.size).toBe(model.size);
        }
      },
    ),
  );
});

test('an expiry that is moved for ever takes no more room', () => {
  const due = new DueTimes();
  for (let at = 1; at <= 100_000; at++) due.set(at % 10, at);
  expect(due.size).toBe(10);
  expect(due.until(100_000, 100)).toHaveLength(10);
  expect(due.next()).toBe(99_991);
});
