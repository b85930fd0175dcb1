import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdSet } from './id-set.ts';

test('a set of ids is a set, in order', () => {
  const id = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 48 }));
  const steps = fc.array(fc.record({ id, isAdd: fc.boolean() }), { maxLength: 100 });
  fc.assert(
    fc.property(steps, (all) => {
      const [set, model] = [new IdSet(), new Set<number>()];
      for (const { id, isAdd } of all) {
        expect(set.has(id)).toBe(model.has(id));
        if (isAdd) expect(set.add(id)).toBe(!model.has(id));
        else expect(set.delete(id)).toBe(model.has(id));
        if (isAdd) model.add(id);
        else model.delete(id);
      }
      expect(set.size).toBe(model.size);
      expect([...set]).toEqual([...model].sort((a, b) => a - b));
    }),
  );
});
