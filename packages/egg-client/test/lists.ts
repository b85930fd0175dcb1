// The lists as the server has them, and as a host's directory has them.

import { join } from 'node:path';
import { type HttpClient, readList, type Row, sorted } from '@egg/testing';
import { openBlocklist } from '../src/blocklist.ts';

/** By id; as it was at a revision, if that is said. */
export async function serverList(
  http: HttpClient,
  table: 'domain' | 'process',
  revision?: number,
): Promise<readonly Row[]> {
  return sorted(await readList<Row>(http, `/${table}/list`, revision === undefined ? {} : { revision }));
}

export type List = Awaited<ReturnType<typeof openBlocklist>>;

/** By id. */
export function rowsOf({ entries }: List): readonly { id: number }[] {
  return [...entries.values()].sort((a, b) => a.id - b.id);
}

/** As the next start would find it. */
export function storedList(dir: string, table: 'domain' | 'process'): Promise<List> {
  const file = table === 'domain' ? 'domains.jsonl' : 'processes.jsonl';
  return openBlocklist(join(dir, file), `/${table}`);
}
