import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commit } from '../test/array-log.ts';
import { firstRevisionSince } from './agreement.ts';
import type { CommitSource } from './source.ts';

test('the first revision since a time is the first that is not older, by few reads', async () => {
  const ages = fc.array(fc.nat(1000), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(ages, fc.nat(1100), async (times, since) => {
      const sorted = times.toSorted((a, b) => a - b);
      let reads = 0;
      const source: CommitSource = {
        head: () => Promise.resolve(sorted.length),
        read: (after, limit) => {
          reads += 1;
          return Promise.resolve(
            sorted
              .slice(after, after + limit)
              .map((at, index) => commit(after + 1 + index, { at: new Date(at) })),
          );
        },
        onCommit: () => () => {},
      };
      const young = sorted.findIndex((at) => at >= since);
      const expected = young === -1 ? sorted.length + 1 : young + 1;
      expect(await firstRevisionSince(source, sorted.length, since)).toBe(expected);
      expect(reads).toBeLessThan(12);
    }),
  );
});
