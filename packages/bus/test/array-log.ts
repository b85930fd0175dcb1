// A commit log in memory, with which the tests stand in for a database: it is what lies outside of this package.

import type { Commit, CommitSource } from '../src/index.ts';

const EPOCH = Date.UTC(2026, 0, 1);

export class ArrayLog implements CommitSource {
  readonly commits: Commit[] = [];
  readonly #listeners = new Set<() => void>();
  /** What distinguishes this log from another of the same length. */
  readonly #history: string;
  readonly #firstAt: number;

  constructor(history = 'first', firstAt = Date.now()) {
    this.#history = history;
    this.#firstAt = firstAt;
  }

  get length(): number {
    return this.commits.length;
  }

  /** Adds commits of one change each, a millisecond apart. */
  add(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const revision = this.commits.length + 1;
      this.commits.push(
        commit(revision, {
          requestId: `${this.#history}-${revision}`,
          at: new Date(this.#firstAt + revision),
        }),
      );
    }
    for (const listener of this.#listeners) listener();
  }

  head(): Promise<number> {
    return Promise.resolve(this.commits.length);
  }

  read(after: number, limit: number): Promise<readonly Commit[]> {
    return Promise.resolve(this.commits.slice(after, after + limit));
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A commit that adds one record, where nothing else is said. */
export function commit(revision: number, rest: Partial<Commit> = {}): Commit {
  const after = { id: revision, domain: `host-${revision}.example.org`, created_at: new Date(EPOCH) };
  return {
    revision,
    at: new Date(EPOCH + revision),
    actor: 'token:panel',
    requestId: `request-${revision}`,
    verb: 'added',
    changes: [{ id: revision, after }],
    ...rest,
  };
}
