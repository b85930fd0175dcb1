// The audit: the changes of many logs as one list in order of time, page by page, whatever is filtered and however little is found.

import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { testDatabase, testName } from '@egg/testing';
import { type AuditEntry, auditEntries, auditPage } from '../src/audit.ts';
import type { CommitDocument } from '../src/log.ts';

const database = await testDatabase();
const TABLES = ['one', 'two', 'empty', 'long'].map((name) => `${testName()}_${name}`);
const [ONE = '', TWO = '', , LONG = ''] = TABLES;
const START = Date.parse('2026-01-01T00:00:00Z');
const from = { database, tables: TABLES };
/** What was written, latest first; of one moment by table. */
const all: { table: string; commit: CommitDocument; id: number | undefined }[] = [];

function commit(revision: number, ms: number, actor: string, ids: readonly number[]): CommitDocument {
  return {
    _id: revision,
    commit_id: `c${revision}`,
    at: new Date(START + ms),
    actor,
    from: '127.0.0.1',
    request_id: `r${revision}`,
    verb: 'updated',
    last_id: 9,
    count: 1,
    changed: revision,
    changes: ids.map((id) => ({ id })),
  };
}

beforeAll(async () => {
  const logs: [string, CommitDocument[]][] = [
    [ONE, Array.from({ length: 700 }, (_, n) => commit(n + 1, n * 10, n % 7 ? 'ann' : 'bob', [n % 5]))],
    [TWO, Array.from({ length: 90 }, (_, n) => commit(n + 1, n * 70, 'ann', n % 3 ? [1, 2, 3] : []))],
    // Nothing in it is ann's, and more of it than one window holds.
    [LONG, Array.from({ length: 12_000 }, (_, n) => commit(n + 1, n, 'eve', [7]))],
  ];
  for (const [table, commits] of logs) {
    await database.collection<CommitDocument>(`${table}_log`).insertMany(commits);
    for (const one of commits) {
      const ids = one.changes.length > 0 ? one.changes.map(({ id }) => id) : [undefined];
      all.push(...ids.map((id) => ({ table, commit: one, id })));
    }
  }
  const place = (table: string): number => TABLES.indexOf(table);
  all.sort(
    (a, b) =>
      b.commit.at.getTime() - a.commit.at.getTime() ||
      place(a.table) - place(b.table) ||
      b.commit._id - a.commit._id,
  );
});

interface Filter {
  actor?: string;
  recordId?: number;
  since?: Date;
  until?: Date;
}

function expected({ actor, recordId, since, until }: Filter, tables: readonly string[]): string[] {
  return all
    .filter(({ table }) => tables.includes(table))
    .filter(({ commit: { at } }) => (!since || at >= since) && (!until || at < until))
    .filter(({ commit: one, id }) => (actor ?? one.actor) === one.actor && (recordId ?? id) === id)
    .map(({ table, commit: one, id }) => `${table}:${one._id}:${id ?? '-'}`);
}

function told({ table, commit: one, change }: AuditEntry): string {
  return `${table}:${one._id}:${change?.id ?? '-'}`;
}

async function pages(tables: readonly string[], filter: Filter, limit: number): Promise<string[]> {
  const entries: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await auditPage({ database, tables }, filter, { limit, ...(cursor && { cursor }) });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    entries.push(...page.entries.map(told));
    cursor = page.nextCursor;
    if (cursor === undefined) return entries;
  }
}

const moment = fc.option(
  fc.integer({ min: -5, max: 13_000 }).map((ms) => new Date(START + ms)),
  { nil: undefined },
);

test('pages of any size, put together, are all that a filter asks for, latest first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        actor: fc.option(fc.constantFrom('ann', 'bob', 'nobody'), { nil: undefined }),
        since: moment,
        until: moment,
        limit: fc.integer({ min: 40, max: 1000 }),
      }),
      async ({ actor, since, until, limit }) => {
        // All of `long` in small pages takes too long to be asked for often.
        const tables = actor === undefined ? TABLES.filter((table) => table !== LONG) : TABLES;
        const filter = { ...(actor && { actor }), ...(since && { since }), ...(until && { until }) };
        expect(await pages(tables, filter, limit)).toEqual(expected(filter, tables));
      },
    ),
    { numRuns: 25 },
  );
});

test('one record of one table, also in a commit of several', async () => {
  expect(await pages([TWO], { recordId: 2 }, 7)).toEqual(expected({ recordId: 2 }, [TWO]));
  expect(await pages([TWO], { recordId: 5 }, 7)).toEqual([]);
});

test('the export has the same, oldest first', async () => {
  const entries: string[] = [];
  for await (const entry of auditEntries(from, {})) entries.push(told(entry));
  expect(entries.toSorted()).toEqual(expected({}, TABLES).toSorted());
  expect(entries.length).toBe(all.length);
  const times: number[] = [];
  for await (const { commit: one } of auditEntries(from, { actor: 'ann' })) times.push(one.at.getTime());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('a cursor is good for the query that gave it and no other', async () => {
  const { nextCursor = '' } = await auditPage(from, { actor: 'ann' }, { limit: 5 });
  for (const [filter, cursor] of [
    [{ actor: 'bob' }, nextCursor],
    [{ actor: 'ann' }, nextCursor.slice(0, -9)],
    [{ actor: 'ann' }, 'e30'],
  ] as const) {
    await expect(auditPage(from, filter, { limit: 5, cursor })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'cursor' }],
    });
  }
});
