import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueHeap } from './due-heap.ts';

test('hosts come when they are due, the first first, whatever was put off or brought forward', () => {
  const HOSTS = 20;
  const host = fc.integer({ min: 0, max: HOSTS - 1 });
  const steps = fc.array(
    fc.oneof(
      fc.record({ set: host, dueMs: fc.integer({ min: 0, max: 100 }) }),
      fc.record({ takeBy: fc.integer({ min: 0, max: 100 }) }),
    ),
  );
  fc.assert(
    fc.property(steps, (all) => {
      const heap = new DueHeap(HOSTS);
      const model = new Map<number, number>();
      for (const step of all) {
        if ('set' in step) {
          heap.set(step.set, step.dueMs);
          model.set(step.set, step.dueMs);
        } else {
          const first = Math.min(...model.values());
          const taken = heap.take(step.takeBy);
          expect(taken === undefined).toBe(first > step.takeBy);
          if (taken !== undefined) {
            expect(model.get(taken)).toBe(first);
            model.delete(taken);
          }
        }
        expect(heap.size).toBe(model.size);
        expect(heap.nextMs).toBe(Math.min(...model.values()));
        for (let one = 0; one < HOSTS; one++) expect(heap.dueOf(one)).toBe(model.get(one) ?? Infinity);
      }
    }),
  );
});
