// What a replica knows of a table at the head of its log, as far as it has read: the head's numbers, every unique key, and the
// records whose last change is not yet folded.

import type { Base } from './view.ts';
import { KeyIndex } from './keys.ts';
import { type Commit, type Fields, type Row, weightOf } from './record.ts';

/** Kept in memory for those who follow the log, so that they need not read back what was just written: commits and bytes. */
const RECENT = 4096;
const RECENT_BYTES = 16 * 1024 * 1024;

/** A record as a commit leaves it; no row where the commit deletes it. */
export interface Unfolded<R extends Row> {
  readonly revision: number;
  readonly row: R | undefined;
}

export class State<R extends Row> {
  readonly keys = new KeyIndex();
  readonly #keyOf: (row: Fields<R>) => string;
  readonly #unfolded = new Map<number, Unfolded<R>>();
  #recent: Commit<R>[] = [];
  #recentBytes = 0;
  head = 0;
  lastId = 0;
  count = 0;
  changed = 0;
  at = new Date(0);

  constructor(keyOf: (row: Fields<R>) => string) {
    this.#keyOf = keyOf;
  }

  /** Takes the next commit of the log. Throws if it is not the next: the caller has lost its place. */
  apply(commit: Commit<R>): void {
    if (commit.revision !== this.head + 1)
      throw new Error(`commit ${commit.revision} does not follow ${this.head}`);
    for (const { id, before } of commit.changes) {
      if (before) this.keys.delete(this.#keyOf(before), id);
    }
    for (const { id, after } of commit.changes) {
      if (after) this.keys.set(this.#keyOf(after), id);
      this.#unfolded.set(id, { revision: commit.revision, row: after });
    }
    this.startAt(commit);
    this.#remember(commit);
  }

  #remember(commit: Commit<R>): void {
    this.#recent.push(commit);
    this.#recentBytes += weightOf(commit);
    if (this.#recent.length <= RECENT * 2 && this.#recentBytes <= RECENT_BYTES) return;
    this.#recent = this.#recentBytes > RECENT_BYTES ? [] : this.#recent.slice(-RECENT);
    this.#recentBytes = this.#recent.reduce((bytes, one) => bytes + weightOf(one), 0);
  }

  /** Takes the numbers of the commit that the table is folded to. */
  startAt(commit: Commit<R>): void {
    this.head = commit.revision;
    this.lastId = commit.lastId;
    this.count = commit.count;
    this.changed = commit.changed;
    this.at = commit.at;
  }

  /** Forgets the records that the database has by now. */
  folded(revision: number): void {
    for (const [id, entry] of this.#unfolded) if (entry.revision <= revision) this.#unfolded.delete(id);
  }

  /** The record if its last change is not yet folded: `{row: undefined}` for a deleted one, undefined for one not held. */
  unfolded(id: number): Unfolded<R> | undefined {
    return this.#unfolded.get(id);
  }

  /** The records with ids in `(after, to]` whose last change is not yet folded, as that change leaves them. */
  unfoldedIn({ after, to }: { after: number; to: number }): Map<number, Unfolded<R>> {
    return new Map(this.#unfolded.entries().filter(([id]) => id > after && id <= to));
  }

  /** The commits after a revision if they are held in memory. */
  recent(after: number, limit: number): readonly Commit<R>[] | undefined {
    const first = this.#recent[0]?.revision;
    if (after >= this.head) return [];
    if (first === undefined || after + 1 < first) return undefined;
    return this.#recent.slice(after + 1 - first, after + 1 - first + limit);
  }

  /** As the base of a batch, with the records that the batch asked for. */
  base(rows: ReadonlyMap<number, R>): Base<R> {
    return {
      revision: this.head,
      lastId: this.lastId,
      count: this.count,
      rowOf: (id) => rows.get(id),
      idOf: (key) => this.keys.get(key),
    };
  }
}
