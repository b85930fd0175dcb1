// What keeps a picture of its own of a table in memory, such as a table for lookups: filled by the one scan that opens the table,
// then led along the log.

import type { Commit, Fields, Row } from './record.ts';

export interface Follower<R extends Row> {
  /** What `load` looks at besides the id and the key. */
  readonly fields: readonly (keyof Fields<R> & string)[];
  /** Takes a record that was found at the start, of which only the id, the key and `fields` are read. */
  load(record: R): void;
  /**
   * Takes the next commit. After a start these are commits again that the records found may hold already, so to take away what
   * `before` says is right only where the same record still has it. Must not throw: the table has taken the commit.
   */
  apply(commit: Commit<R>): void;
}
