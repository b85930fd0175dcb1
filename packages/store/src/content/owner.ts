// The table whose records have contents, as their content is kept for it.

import type { Commit, Row } from '../record.ts';

/** A record that has a content. */
export interface ContentRow extends Row {
  sha256: string;
}

/** The table whose records use the contents. */
export interface ContentOwner<R extends ContentRow> {
  readonly name: string;
  readonly revision: number;
  follow(deadline?: number): Promise<void>;
  current(id: number): Promise<R | undefined>;
  scan(filter: Readonly<Record<string, unknown>>): AsyncGenerator<R[]>;
  onCommit(listener: (commit: Commit<R>) => void): () => void;
}
