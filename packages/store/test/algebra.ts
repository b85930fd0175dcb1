// What a log and its table have to be, whoever wrote them: the invariants I1, I2 and I3 of the design as checks.

import { expect } from 'vitest';
import type { Commit, Fields, Row } from '../src/record.ts';
import type { Table } from '../src/table.ts';

export interface Thing extends Row {
  name: string;
  note: string;
}

/** The states of a table by revision, each a map by id; states[0] is empty. */
export type States = ReadonlyMap<number, Thing>[];

/** All commits of a table. */
export async function readLog(table: Table<Thing>): Promise<Commit<Thing>[]> {
  const source = table.source();
  const commits: Commit<Thing>[] = [];
  const head = await source.head();
  while (commits.length < head) commits.push(...(await source.read(commits.length, 500)));
  return commits;
}

/** Plays a log: revisions without gaps, each decided on the state just before it, keys unique, ids never given twice. */
export function replay(log: readonly Commit<Thing>[], keyOf: (row: Fields<Thing>) => string): States {
  const states: Map<number, Thing>[] = [new Map()];
  let lastId = 0;
  let changed = 0;
  log.forEach((commit, index) => {
    expect(commit.revision, 'revisions have no gaps').toBe(index + 1);
    const state = new Map(states.at(-1));
    for (const { id, before, after } of commit.changes) {
      expect(before, `what revision ${commit.revision} was decided on`).toEqual(state.get(id));
      if (!before) {
        expect(id, 'ids rise').toBeGreaterThan(lastId);
        lastId = id;
      }
      if (after) {
        expect(after.revision).toBe(commit.revision);
        state.set(id, after);
      } else state.delete(id);
    }
    changed += commit.changes.length;
    const keys = [...state.values()].map(keyOf);
    expect(new Set(keys).size, 'keys are unique').toBe(keys.length);
    expect({ lastId: commit.lastId, count: commit.count, changed: commit.changed }).toEqual({
      lastId,
      count: state.size,
      changed,
    });
    expect(commit.at.getTime()).toBeGreaterThanOrEqual(log[index - 1]?.at.getTime() ?? 0);
    states.push(state);
  });
  expect(new Set(log.map(({ commitId }) => commitId)).size, 'no commit is there twice').toBe(log.length);
  return states;
}

/** The whole table, read in pages. */
export async function listAll(
  table: Table<Thing>,
  options: { revision?: number; limit?: number; descending?: boolean } = {},
): Promise<Thing[]> {
  const rows: Thing[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await table.page({ limit: 7, ...options, ...(cursor !== undefined && { cursor }) });
    rows.push(...page.rows);
    cursor = page.nextCursor;
    if (cursor === undefined) return rows;
  }
}

/** Applies what changed after `since` to the state there. */
export async function advance(
  table: Table<Thing>,
  state: ReadonlyMap<number, Thing>,
  since: number,
  to: number,
): Promise<ReadonlyMap<number, Thing>> {
  const delta = await table.changes(since, to);
  expect(delta.to).toBe(to);
  const next = delta.snapshot ? new Map<number, Thing>() : new Map(state);
  const seen = new Set<number>();
  for await (const { added = [], removed = [] } of delta.chunks) {
    for (const { id } of [...added, ...removed]) {
      expect(seen.has(id), 'each record at most once').toBe(false);
      seen.add(id);
    }
    for (const row of added) next.set(row.id, row);
    for (const { id } of removed) expect(next.delete(id), 'only what was there is removed').toBe(true);
  }
  return next;
}

export function sorted(state: ReadonlyMap<number, Thing>): Thing[] {
  return [...state.values()].sort((a, b) => a.id - b.id);
}
