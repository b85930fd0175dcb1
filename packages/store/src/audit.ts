// The audit: the changes of many tables as one list in order of time, out of their logs. It keeps nothing of its own. The times of a log
// never go back, so the logs are merged as sorted lists are; what a filter passes over counts as read, so a page costs the same wherever
// little is found.

import { invalidField } from '@egg/rpc/errors';
import { type AuditFilter, LogWalk, type Passed } from './audit-walk.ts';
import type { Collection } from './driver.ts';
import type { CommitDocument } from './log.ts';
import { type Change, weightOfRow } from './record.ts';

/** One change; none for a commit that changed no record. */
export interface AuditEntry {
  readonly table: string;
  readonly commit: CommitDocument;
  readonly change?: Change;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly nextCursor?: string;
}

interface Tables {
  readonly database: { collection<T extends object>(name: string): Collection<T> };
  readonly tables: readonly string[];
}

/** A page ends at about this many characters, and when this many commits were looked at for it. */
const PAGE_BYTES = 1.2 * 1024 * 1024;
const LOOKED_AT = 20_000;

/** One page, latest first. Throws INVALID_ARGUMENT for a cursor of another query. */
export async function auditPage(
  from: Tables,
  filter: AuditFilter,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<AuditPage> {
  const start = cursor === undefined ? undefined : decode(cursor, from.tables, filter);
  const logs = await Promise.all(
    from.tables.map((table) => LogWalk.open(from.database, table, filter, 'down', start?.at[table])),
  );
  const entries: AuditEntry[] = [];
  let [bytes, looked, skip] = [0, 0, start?.skip ?? 0];
  for (;;) {
    const walk = await latest(logs);
    if (!walk) return { entries };
    looked += walk.passed;
    const isFull = entries.length >= limit || bytes > PAGE_BYTES;
    if (isFull || looked > LOOKED_AT) return { entries, nextCursor: encode(logs, skip, filter) };
    const all = entriesOf(walk.table, walk.head, filter);
    for (const entry of all.slice(skip)) {
      if (entries.length >= limit || bytes > PAGE_BYTES) break;
      entries.push(entry);
      skip++;
      bytes += 400 + weightOfRow(entry.change?.before) + weightOfRow(entry.change?.after);
    }
    if (skip < all.length) return { entries, nextCursor: encode(logs, skip, filter) };
    walk.next();
    skip = 0;
  }
}

/** All changes, oldest first. */
export async function* auditEntries(from: Tables, filter: AuditFilter): AsyncGenerator<AuditEntry> {
  const logs = await Promise.all(
    from.tables.map((table) => LogWalk.open(from.database, table, filter, 'up')),
  );
  for (let walk = await latest(logs); walk; walk = await latest(logs)) {
    yield* entriesOf(walk.table, walk.head, filter);
    walk.next();
  }
}

/** The walk whose next commit comes first; undefined when all are at their end. */
async function latest(walks: readonly LogWalk[]): Promise<LogWalk | undefined> {
  await Promise.all(walks.map((walk) => walk.fill()));
  return walks
    .filter((walk) => !walk.done)
    .reduce<LogWalk | undefined>((first, walk) => (first && !walk.isBefore(first) ? first : walk), undefined);
}

function entriesOf(table: string, commit: CommitDocument | Passed, { recordId }: AuditFilter): AuditEntry[] {
  if ('isPassed' in commit) return [];
  const changes = commit.changes.filter(({ id }) => recordId === undefined || id === recordId);
  if (commit.changes.length === 0) return [{ table, commit }];
  return changes.map((change) => ({ table, commit, change }));
}

/** Where a page ended: for each table the revision below which it goes on, and how much of the commit there was told. */
interface Place {
  readonly at: Readonly<Record<string, number>>;
  readonly skip: number;
}

function encode(walks: readonly LogWalk[], skip: number, filter: AuditFilter): string {
  const at = walks.map(({ below }) => below);
  return Buffer.from(
    JSON.stringify([
      at,
      skip,
      scope(
        walks.map(({ table }) => table),
        filter,
      ),
    ]),
  ).toString('base64url');
}

function decode(cursor: string, tables: readonly string[], filter: AuditFilter): Place {
  try {
    const [at, skip, of] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      number[],
      number,
      string,
    ];
    const isRight =
      [...at, skip].every((one) => Number.isSafeInteger(one) && one >= 0) && at.length === tables.length;
    if (isRight && of === scope(tables, filter)) {
      return { at: Object.fromEntries(tables.map((table, index) => [table, at[index] ?? 0])), skip };
    }
  } catch {
    // Not what a page gave: refused below.
  }
  throw invalidField('cursor', 'is not a cursor of this query');
}

function scope(tables: readonly string[], filter: AuditFilter): string {
  return JSON.stringify([tables.length === 1 ? tables[0] : tables.length, filter]);
}
