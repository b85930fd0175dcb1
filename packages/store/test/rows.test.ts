// The fold of a log by several replicas at once, in pieces, again and out of step: the records end as the log says.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testDatabase, testName } from '@egg/testing';
import { collapse } from '../src/folder.ts';
import type { Commit } from '../src/record.ts';
import { readWindow, type RowDocument, writeRows } from '../src/rows.ts';
import type { Thing } from './algebra.ts';

const database = await testDatabase();

/** A log of single changes: an odd number adds a record, or changes one that is there; an even one deletes it. */
function logOf(steps: readonly { id: number; deletes: boolean }[]): Commit<Thing>[] {
  const state = new Map<number, Thing>();
  const gone = new Set<number>();
  const commits: Commit<Thing>[] = [];
  for (const { id, deletes } of steps) {
    const before = state.get(id);
    if (gone.has(id) || (deletes && !before)) continue;
    const revision = commits.length + 1;
    const at = new Date(revision);
    const after = deletes
      ? undefined
      : { id, revision, name: `n${id}`, note: `r${revision}`, created_at: at, updated_at: at };
    if (after) state.set(id, after);
    else {
      state.delete(id);
      gone.add(id);
    }
    const changes = [{ id, ...(before && { before }), ...(after && { after }) }];
    const rest = {
      commitId: `c${revision}`,
      actor: '',
      from: '',
      requestId: '',
      verb: '',
      lastId: 9,
      count: 0,
      changed: 0,
    };
    commits.push({ revision, at, ...rest, changes });
  }
  return commits;
}

test('records never go back, whichever replica folds which part of the log, how often and when', async () => {
  const steps = fc.array(fc.record({ id: fc.integer({ min: 1, max: 5 }), deletes: fc.boolean() }), {
    minLength: 5,
    maxLength: 25,
  });
  const pieces = fc.array(fc.tuple(fc.nat({ max: 24 }), fc.integer({ min: 1, max: 8 })), {
    minLength: 4,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(steps, pieces, async (acts, folds) => {
      const rows = database.collection<RowDocument>(testName());
      const log = logOf(acts);
      const last = collapse(log).flatMap(({ change }) => change.after ?? []);
      // Some pieces at once and twice, then the whole, so that nothing is left out; then a piece that comes late.
      const parts = folds
        .map(([from, length]) => log.slice(from, from + length))
        .filter((part) => part.length > 0);
      await Promise.all([...parts, ...parts].map((part) => writeRows(rows, collapse(part))));
      await writeRows(rows, collapse(log));
      for (const part of parts) await writeRows(rows, collapse(part));
      const found = await readWindow<Thing>(rows, { after: 0, to: 10 });
      expect(found).toEqual(last.sort((a, b) => a.id - b.id));
    }),
    { numRuns: 60 },
  );
}, 60_000);
