// The index of keys against a plain Map: exact through any row of changes, growth and compaction.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEY_SEPARATOR, KeyIndex } from '../src/keys.ts';

const key = fc
  .tuple(fc.string({ maxLength: 6 }), fc.constantFrom('a', 'b'))
  .map((parts) => parts.join(KEY_SEPARATOR));
const step = fc.record({ key, id: fc.integer({ min: 1, max: 30 }), deletes: fc.boolean() });

function play(steps: readonly { key: string; id: number; deletes: boolean }[]): {
  index: KeyIndex;
  model: Map<string, number>;
} {
  const index = new KeyIndex();
  const model = new Map<string, number>();
  for (const { key: of, id, deletes } of steps) {
    if (!deletes) {
      index.set(of, id);
      model.set(of, id);
    } else {
      index.delete(of, id);
      if (model.get(of) === id) model.delete(of);
    }
  }
  return { index, model };
}

test('a key has the id that it was last given, until that id gives it up', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const { index, model } = play(steps);
      expect(index.size).toBe(model.size);
      for (const { key: of } of steps) expect(index.get(of)).toBe(model.get(of));
    }),
  );
});

test('a search finds every name that holds the piece, and no other field of the key', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.string({ minLength: 1, maxLength: 2 }),
      (steps, piece) => {
        fc.pre(
          !piece.includes(KEY_SEPARATOR) &&
            steps.every(({ key: of }) => of.split(KEY_SEPARATOR).length === 2),
        );
        const { index, model } = play(steps);
        const wanted = [...model]
          .filter(([of]) => of.split(KEY_SEPARATOR)[0]?.includes(piece))
          .map(([, id]) => id);
        expect(index.search(piece)).toEqual(wanted.sort((a, b) => a - b));
      },
    ),
  );
});

test('keys that come and go for long take no more room than those that are there', () => {
  const index = new KeyIndex();
  for (let i = 1; i <= 100_000; i++) {
    index.set(`name-${i}.example`, i);
    if (i > 500) index.delete(`name-${i - 500}.example`, i - 500);
  }
  expect(index.size).toBe(500);
  expect(index.bytes).toBeLessThan(1024 * 1024);
  expect(index.search('name-99999.').length).toBe(1);
  expect(index.get('name-99000.example')).toBeUndefined();
});
