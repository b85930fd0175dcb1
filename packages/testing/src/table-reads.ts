// Reads a table over HTTP as a client does that wants all of it: page by page, and change by change.

import type { HttpClient } from './http-client.ts';

/** What every record has. */
export interface Row {
  readonly id: number;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface DomainEntry extends Row {
  readonly domain: string;
  readonly match: string;
  readonly action: string;
  readonly comment: string;
  readonly sources: readonly string[];
  readonly enabled: boolean;
  readonly expires_at?: string;
}

export interface Changes<R extends Row> {
  readonly log: string;
  readonly from: number;
  readonly to: number;
  readonly snapshot: boolean;
  readonly added: readonly R[];
  readonly removed: readonly number[];
}

/** All records of a list, by id. `query` says more, such as a revision. Throws where a page shows a record a second time. */
export async function readList<R extends Row = DomainEntry>(
  http: HttpClient,
  path: string,
  query: Readonly<Record<string, string | number>> = {},
): Promise<Map<number, R>> {
  const rows = new Map<number, R>();
  let cursor: string | undefined;
  do {
    const asked = new URLSearchParams({ limit: '1000' });
    for (const [name, value] of Object.entries(query)) asked.set(name, String(value));
    if (cursor !== undefined) asked.set('cursor', cursor);
    const { body } = await http.get<R[]>(`${path}?${asked.toString()}`);
    if (body.status !== 0) throw new Error(`${path}?${asked.toString()}: ${JSON.stringify(body)}`);
    for (const row of body.data) {
      if (rows.has(row.id)) throw new Error(`${path} shows the record ${row.id} twice`);
      rows.set(row.id, row);
    }
    cursor = body.next_cursor;
  } while (cursor !== undefined);
  return rows;
}

/** What changed after a revision. */
export async function readChanges<R extends Row = DomainEntry>(
  http: HttpClient,
  path: string,
  since: number,
  to?: number,
): Promise<Changes<R>> {
  const asked = `${path}?since=${since}${to === undefined ? '' : `&to=${to}`}`;
  const { body } = await http.get<Changes<R>>(asked);
  if (body.status !== 0) throw new Error(`${asked}: ${JSON.stringify(body)}`);
  return body.data;
}

/** The list after the changes. Throws where a record is in them more than once. */
export function applyChanges<R extends Row>(
  rows: ReadonlyMap<number, R>,
  { snapshot, added, removed }: Changes<R>,
): Map<number, R> {
  const named = [...added.map(({ id }) => id), ...removed];
  if (new Set(named).size !== named.length) throw new Error('the changes name a record twice');
  const next = new Map(snapshot ? [] : rows);
  for (const row of added) next.set(row.id, row);
  for (const id of removed) next.delete(id);
  return next;
}

/** By id, so that two lists can be compared. */
export function sorted<R extends Row>(rows: ReadonlyMap<number, R>): R[] {
  return [...rows.values()].sort((a, b) => a.id - b.id);
}
