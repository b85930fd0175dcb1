// A list by what is kept beside the records, by a field within a field, and by a piece of the name: all pages together are exactly what
// matches, in order, however small they are.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quiet, testDatabase, testName } from '@egg/testing';
import { type PageQuery, PRESENT, type Row, Table, type Within } from '../src/index.ts';

interface Tagged extends Row {
  name: string;
  tags: Record<string, string>;
}

const database = await testDatabase();
const MOST = 80;

async function filled(tags: readonly Record<string, string>[]): Promise<Table<Tagged>> {
  const table = await Table.open<Tagged>({ name: testName(), key: ['name'], database, log: quiet });
  await table.submit({
    origin: { actor: 'test', from: '', requestId: '' },
    deadline: Date.now() + 10_000,
    decide: (view) => {
      for (const [index, one] of tags.entries())
        view.add({ name: `${index % 2 === 0 ? 'even' : 'odd'}-${index}`, tags: one });
      return { verb: 'added' };
    },
  });
  return table;
}

async function pages(table: Table<Tagged>, query: PageQuery): Promise<Tagged[]> {
  const rows: Tagged[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await table.page({ ...query, ...(cursor !== undefined && { cursor }) });
    expect(page.rows.length).toBeLessThanOrEqual(query.limit);
    rows.push(...page.rows);
    cursor = page.nextCursor;
    if (cursor === undefined) return rows;
  }
}

test('all pages together are exactly what matches', async () => {
  const tag = fc.record(
    { env: fc.constantFrom('prod', 'lab'), dc: fc.constantFrom('a', 'b') },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(tag, { minLength: 1, maxLength: MOST }),
      fc.uniqueArray(fc.integer({ min: 1, max: MOST })),
      fc.record({
        limit: fc.integer({ min: 1, max: 10 }),
        descending: fc.boolean(),
        isWithin: fc.boolean(),
        env: fc.constantFrom(undefined, 'prod', PRESENT),
        piece: fc.constantFrom(undefined, 'even'),
        isPast: fc.boolean(),
      }),
      async (tags, ids, { limit, descending, isWithin, env, piece, isPast }) => {
        const table = await filled(tags);
        const chosen = new Set(ids);
        const within: Within = {
          scope: ids.length,
          among: async ({ after, to }, some) => {
            const seen = [...chosen].filter((id) => (some ? some.includes(id) : id > after && id <= to));
            return (id) => seen.includes(id);
          },
        };
        const rows = await pages(table, {
          limit,
          descending,
          ...(isWithin && !isPast && { within }),
          ...(env !== undefined && { filter: { 'tags.env': env } }),
          ...(piece !== undefined && { piece }),
          ...(isPast && { revision: table.revision }),
        });
        const expected = tags.flatMap((one, index) => {
          const id = index + 1;
          if (isWithin && !isPast && !chosen.has(id)) return [];
          if (env === PRESENT ? one.env === undefined : env !== undefined && one.env !== env) return [];
          return piece === undefined || index % 2 === 0 ? [id] : [];
        });
        expect(rows.map(({ id }) => id)).toEqual(descending ? expected.toReversed() : expected);
        await table.close();
      },
    ),
    { numRuns: 60 },
  );
});
