// What a table does when it opens: reads what it keeps in memory from the records, and from there on takes the log again, folding
// what a dead writer left.

import type { Folder } from './folder.ts';
import type { Follower } from './follower.ts';
import { type LogCollection, readAfter, readCommit } from './log.ts';
import type { Row } from './record.ts';
import { readWindow, type RowCollection } from './rows.ts';
import type { State } from './state.ts';

export interface RecoveryParts<R extends Row> {
  readonly log: LogCollection;
  readonly rows: RowCollection;
  readonly state: State<R>;
  readonly folder: Folder<R>;
  readonly followers: readonly Follower<R>[];
  readonly keyOf: (row: R) => string;
  /** Those that a key is made of. */
  readonly fields: readonly string[];
}

const READ = 1000;
const SCAN = 5000;
/** Windows that are read at the same time. */
const AHEAD = 3;

/** Brings state, followers and records to the head of the log. `folded` is how far the records are known to be folded. */
export async function recover<R extends Row>(parts: RecoveryParts<R>, folded: number): Promise<void> {
  const { log, state, folder, followers } = parts;
  const commit = folded === 0 ? undefined : await readCommit<R>(log, folded);
  if (folded > 0 && !commit) throw new Error(`the records are at ${folded}, where the log has nothing`);
  if (commit) state.startAt(commit);
  folder.startAt(folded);
  await readRecords(parts);
  for (;;) {
    const tail = await readAfter<R>(log, state.head, READ);
    if (tail.length === 0) return;
    for (const one of tail) {
      state.apply(one);
      for (const follower of followers) follower.apply(one);
    }
    await folder.fold(tail);
  }
}

/**
 * Reads what is kept in memory of all records, some windows ahead of what is taken in, so that the database and this process work at
 * the same time. The records may be newer than the mark: what the log says from there on is taken again.
 */
async function readRecords<R extends Row>(parts: RecoveryParts<R>): Promise<void> {
  const { rows, state, followers, keyOf } = parts;
  const fields = [...parts.fields, ...followers.flatMap((follower) => follower.fields)];
  const read = (after: number): Promise<R[]> =>
    after < state.lastId ? readWindow<R>(rows, { after, to: after + SCAN }, { fields }) : Promise.resolve([]);
  const ahead = Array.from({ length: AHEAD }, (_, index) => read(index * SCAN));
  for (let after = 0; after < state.lastId; after += SCAN) {
    const records = await ahead.shift();
    ahead.push(read(after + AHEAD * SCAN));
    for (const row of records ?? []) {
      state.keys.set(keyOf(row), row.id);
      for (const follower of followers) follower.load(row);
    }
  }
}
