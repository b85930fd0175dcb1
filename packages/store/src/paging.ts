// Pages of a table's records, now or as they were at a revision. A page is read by windows of ids, so it costs the same wherever
// it is, and a record that stays is neither skipped nor shown twice.

import { type LogCollection, readCommit, readTouching } from './log.ts';
import { decodeCursor, encodeCursor, matches, type PageQuery } from './page-query.ts';
import { type Row, weightOfRow } from './record.ts';
import { readRows, type RowCollection, readWindow } from './rows.ts';
import type { State } from './state.ts';

export interface Page<R extends Row> {
  readonly rows: R[];
  readonly nextCursor?: string;
  readonly total: number;
  readonly totalExact: boolean;
}

export interface Sources<R extends Row> {
  readonly log: LogCollection;
  readonly rows: RowCollection;
  readonly state: State<R>;
  /** The name of a record, in the form that keys have. */
  readonly nameOf: (row: R) => string;
}

/** A page ends when it has about this many characters, so that an answer stays within one message of 4 MiB. */
const PAGE_BYTES = 1.2 * 1024 * 1024;
/** A page that finds little looks through this many ids and then answers with what it has. */
const SCAN = 50_000;
const WINDOW = 10_000;
/** The same for the past, where each id is looked up in the log. */
const PAST_WINDOW = 500;
/** The same where what is kept elsewhere is read too. */
const WITHIN_WINDOW = 2000;

/** One page. Throws INVALID_ARGUMENT for a cursor that is none, or of another query. */
export async function readPage<R extends Row>(sources: Sources<R>, query: PageQuery): Promise<Page<R>> {
  const past = query.revision === undefined ? undefined : await readCommit<R>(sources.log, query.revision);
  const lastId = query.revision === undefined ? sources.state.lastId : (past?.lastId ?? 0);
  const count = query.revision === undefined ? sources.state.count : (past?.count ?? 0);
  const walk = new Walk(query, lastId);
  const found =
    query.piece !== undefined && query.revision === undefined
      ? await search(sources, query, walk)
      : await scan(sources, query, walk);
  const { rows, more } = cut(found, walk, query.limit);
  const filtered = query.filter !== undefined || query.piece !== undefined || query.within !== undefined;
  const whole = query.cursor === undefined && more === undefined;
  return {
    rows,
    ...(more !== undefined && { nextCursor: encodeCursor(query, more) }),
    total: filtered ? (found.total ?? rows.length + (whole ? 0 : 1)) : count,
    totalExact: !filtered || whole || found.total !== undefined,
  };
}

/** Where a page has got to: ids in `(after, to]` are left, from one end. */
class Walk {
  readonly descending: boolean;
  after: number;
  to: number;

  constructor(query: PageQuery, lastId: number) {
    this.descending = query.descending ?? false;
    const from = query.cursor === undefined ? undefined : decodeCursor(query);
    this.after = this.descending ? 0 : (from ?? 0);
    this.to = this.descending ? Math.min(from === undefined ? lastId : from - 1, lastId) : lastId;
  }

  get done(): boolean {
    return this.after >= this.to;
  }

  /** The next ids, at most `size` of them. */
  window(size: number): { after: number; to: number } {
    return this.descending
      ? { after: Math.max(this.after, this.to - size), to: this.to }
      : { after: this.after, to: Math.min(this.to, this.after + size) };
  }

  pass(window: { after: number; to: number }): void {
    if (this.descending) this.to = window.after;
    else this.after = window.to;
  }

  /** The id that a cursor names so that what is left comes next. */
  get position(): number {
    return this.descending ? this.to + 1 : this.after;
  }
}

interface Found<R extends Row> {
  readonly rows: R[];
  /** All of them were looked at. */
  readonly total?: number;
}

async function scan<R extends Row>(sources: Sources<R>, query: PageQuery, walk: Walk): Promise<Found<R>> {
  const wanted = query.limit + 1;
  const rows: R[] = [];
  let bytes = 0;
  const most = query.revision !== undefined ? PAST_WINDOW : query.within ? WITHIN_WINDOW : WINDOW;
  let size = Math.min(wanted, most);
  for (let scanned = 0; !walk.done && rows.length < wanted && bytes < PAGE_BYTES && scanned < SCAN;) {
    const window = walk.window(size);
    const limit = wanted - rows.length;
    const read = await readOnce(sources, query, window, limit, walk.descending);
    rows.push(...read.rows);
    bytes += read.rows.reduce((sum, row) => sum + weightOfRow(row), 0);
    if (!read.cut) walk.pass(window);
    scanned += window.to - window.after;
    size = Math.min(size * 4, most);
  }
  return { rows };
}

async function readOnce<R extends Row>(
  sources: Sources<R>,
  query: PageQuery,
  window: { after: number; to: number },
  limit: number,
  descending: boolean,
): Promise<{ rows: R[]; cut: boolean }> {
  if (query.revision === undefined) {
    const options = { ...(query.filter && { filter: query.filter }), descending };
    if (!query.within) {
      const rows = await readWindow<R>(sources.rows, window, { ...options, limit });
      return { rows, cut: rows.length === limit };
    }
    const isIn = await query.within.among(window);
    const rows = (await readWindow<R>(sources.rows, window, options)).filter(({ id }) => isIn(id));
    return { rows: rows.slice(0, limit), cut: rows.length >= limit };
  }
  const all = (await windowAt<R>(sources, query.revision, window)).filter((row) =>
    matches(query, row, sources.nameOf),
  );
  if (descending) all.reverse();
  return { rows: all.slice(0, limit), cut: all.length >= limit };
}

async function search<R extends Row>(sources: Sources<R>, query: PageQuery, walk: Walk): Promise<Found<R>> {
  const all = sources.state.keys.search(query.piece ?? '');
  const ids = all.filter((id) => id > walk.after && id <= walk.to);
  if (walk.descending) ids.reverse();
  const wanted = query.limit + 1;
  const rows: R[] = [];
  let bytes = 0;
  while (ids.length > 0 && rows.length < wanted && bytes < PAGE_BYTES) {
    const order = ids.splice(0, wanted);
    const last = order.at(-1) ?? 0;
    walk.pass({ after: last - 1, to: last });
    const read = new Map((await readRows<R>(sources.rows, order)).map((row) => [row.id, row]));
    const isIn = await query.within?.among(spanOf(order), order);
    const matching = order
      .flatMap((id) => read.get(id) ?? [])
      .filter((row) => matches(query, row, sources.nameOf) && (isIn?.(row.id) ?? true));
    rows.push(...matching);
    bytes += matching.reduce((sum, row) => sum + weightOfRow(row), 0);
  }
  if (ids.length === 0) walk.pass({ after: walk.after, to: walk.to });
  return { rows, ...(query.filter === undefined && query.within === undefined && { total: all.length }) };
}

function spanOf(ids: readonly number[]): { after: number; to: number } {
  return { after: Math.min(...ids) - 1, to: Math.max(...ids) };
}

/** Cuts to the limit in records and bytes. `more` is where the next page begins, if there may be one. */
function cut<R extends Row>(found: Found<R>, walk: Walk, limit: number): { rows: R[]; more?: number } {
  const rows: R[] = [];
  let bytes = 0;
  for (const row of found.rows) {
    bytes += weightOfRow(row);
    if (rows.length === limit || (bytes > PAGE_BYTES && rows.length > 0))
      return { rows, more: rows.at(-1)?.id ?? 0 };
    rows.push(row);
  }
  return walk.done ? { rows } : { rows, more: walk.position };
}

/**
 * The records with ids in a window as they were at a revision, in order of id: those of now, with what came later undone. What is
 * not folded yet is taken before the records are read, so that it is in one of the two; the log is read after them, so that what
 * is in them is in what is undone.
 */
export async function windowAt<R extends Row>(
  { rows, log, state }: Pick<Sources<R>, 'rows' | 'log' | 'state'>,
  revision: number,
  window: { after: number; to: number },
): Promise<R[]> {
  const unfolded = state.unfoldedIn(window);
  const found = new Map((await readWindow<R>(rows, window)).map((row) => [row.id, row]));
  for (const [id, { revision: changed, row }] of unfolded) {
    if ((found.get(id)?.revision ?? 0) > changed) continue;
    if (row) found.set(id, row);
    else found.delete(id);
  }
  const undone = new Set<number>();
  for (const commit of await readTouching<R>(log, revision, window)) {
    for (const { id, before } of commit.changes) {
      if (id <= window.after || id > window.to || undone.has(id)) continue;
      undone.add(id);
      if (before) found.set(id, before);
      else found.delete(id);
    }
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}
