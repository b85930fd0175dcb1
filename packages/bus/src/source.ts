// What a relay asks of a commit log. The store's tables satisfy it by their shape, so neither package imports the other.

export interface CommitChange {
  readonly id: number;
  /** The record as it was; absent where it was added. */
  readonly before?: object;
  /** The record as it is; absent where it was deleted. */
  readonly after?: object;
}

/** A change of a table, as far as others are told of it. */
export interface Commit {
  readonly revision: number;
  readonly at: Date;
  readonly actor: string;
  readonly requestId: string;
  readonly verb: string;
  readonly changes: readonly CommitChange[];
}

export interface CommitSource {
  /** The last revision, 0 if there is none; by a majority read, so that what it says is never rolled back. */
  head(): Promise<number>;
  /**
   * The commits `after + 1`, `after + 2`, … in order and without gaps: at most `limit`, and fewer where they are large; none only
   * where there are none. By a majority read.
   */
  read(after: number, limit: number): Promise<readonly Commit[]>;
  /** Calls `listener` when there may be new commits. It may miss some: the relay also looks by itself. Returns how to end it. */
  onCommit(listener: () => void): () => void;
}
