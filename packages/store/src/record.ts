// The shapes of what a table keeps: records, changes, commits, and where a commit came from.

/** What every record has; the rest are the table's own fields. */
export interface Row {
  id: number;
  /** Of the commit that last changed it. */
  revision: number;
  created_at: Date;
  updated_at: Date;
}

/** A record's own fields: all but those that every record has. */
export type Fields<R extends Row> = Omit<R, keyof Row>;

/** What one commit did to one record: added (no `before`), changed, or deleted (no `after`). */
export interface Change<R extends Row = Row> {
  readonly id: number;
  readonly before?: R;
  readonly after?: R;
}

/** What makes a repeated request be known again. */
export interface Idempotency {
  readonly key: string;
  readonly caller: string;
  readonly route: string;
  /** Of the request's bytes, hex. */
  readonly bodyHash: string;
}

/** Who caused a commit, and by which request. */
export interface Origin {
  readonly actor: string;
  /** The address that the request came from. */
  readonly from: string;
  readonly requestId: string;
  readonly idempotency?: Idempotency;
}

/** One entry of a table's log. Revisions are 1, 2, 3, … without gaps. */
export interface Commit<R extends Row = Row> extends Origin {
  readonly revision: number;
  /** Names the attempt, so that it is known again after an unknown outcome. */
  readonly commitId: string;
  readonly at: Date;
  readonly verb: string;
  /** The highest id that was ever given. */
  readonly lastId: number;
  /** How many records there are after this commit. */
  readonly count: number;
  /** How many changes there were in all commits up to this one. */
  readonly changed: number;
  readonly changes: readonly Change<R>[];
}

/** About how many bytes a commit takes in memory and on the wire: enough to bound a buffer by. */
export function weightOf(commit: { readonly changes: readonly Change[] }): number {
  let bytes = 300;
  for (const { before, after } of commit.changes) bytes += weightOfRow(before) + weightOfRow(after);
  return bytes;
}

/** About how many bytes a record takes. */
export function weightOfRow(row: object | undefined): number {
  if (row === undefined) return 0;
  let bytes = 100;
  for (const value of Object.values(row)) {
    bytes += 20;
    if (typeof value === 'string') bytes += value.length;
    else if (typeof value === 'object' && value !== null && !(value instanceof Date))
      bytes += JSON.stringify(value).length;
  }
  return bytes;
}
