// Lists what was blocked, by name and day, latest day first: in windows of the key.

import type { ListStatsRequest, StatsReplyCount } from '@egg/contract/types/eggs';
import type { Handlers } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import type { Database } from '@egg/store';
import {
  countedDomain,
  countKey,
  dayOf,
  dayPrefix,
  daysBefore,
  isDay,
  type Kind,
} from '../domain/blocked.ts';
import { blockedCounts, type CountDocument } from '../hosts/count-document.ts';

type Counts = ReturnType<typeof blockedCounts>;

const DEFAULT_LIMIT = 100;
const KEPT_DAYS = 90;
const KINDS: readonly Kind[] = ['domain', 'process'];
const GROWTH = 4;
/** Follows every character that a name can have, in the order of keys. */
const LAST = '\u{10FFFF}';
const SHOWN = { projection: { day: 1, kind: 1, name: 1, count: 1 } } as const;

interface Query {
  readonly kinds: readonly Kind[];
  readonly name?: string;
  /** Latest first. */
  readonly days: readonly string[];
  readonly limit: number;
  /** The key that was shown last. */
  readonly after: string;
}

/** The methods of StatsService. */
export function statsMethods(database: Pick<Database, 'collection'>): Handlers {
  const counts = blockedCounts(database);
  return {
    async List(request: ListStatsRequest) {
      const query = readQuery(request, new Date());
      const found = query.name === undefined ? await readDays(counts, query) : await readName(counts, query);
      const rows = found.slice(0, query.limit);
      return {
        data: rows.map(({ day, kind, name, count }): StatsReplyCount => ({ day, kind, name, count })),
        ...(found.length > rows.length && { next_cursor: encodeCursor(request, rows.at(-1)?._id ?? '') }),
      };
    },
  };
}

function readQuery(request: ListStatsRequest, now: Date): Query {
  const { kind, name, limit = DEFAULT_LIMIT, cursor } = request;
  for (const field of ['since', 'until'] as const) {
    const day = request[field];
    if (day !== undefined && !isDay(day)) throw invalidField(field, 'is no day such as 2026-01-31');
  }
  // A replica's clock may be ahead of this one's.
  const newest = daysBefore(dayOf(now), -1);
  const oldest = daysBefore(dayOf(now), KEPT_DAYS);
  const [since, until] = [latest(request.since ?? oldest, oldest), earliest(request.until ?? newest, newest)];
  const days: string[] = [];
  for (let day = until; day >= since; day = daysBefore(day, 1)) days.push(day);
  return {
    kinds: kind === undefined ? KINDS : [kind],
    ...(name !== undefined && { name }),
    days,
    limit,
    after: cursor === undefined ? '' : decodeCursor(request, cursor),
  };
}

/** A day, and more of them at a time while they have little. */
async function readDays(counts: Counts, { kinds, days, limit, after }: Query): Promise<CountDocument[]> {
  const found: CountDocument[] = [];
  for (let at = 0, size = 1; at < days.length && found.length <= limit;) {
    const some = days.slice(at, at + size);
    const [start, end] = [dayPrefix(some[0] ?? ''), dayPrefix(some.at(-1) ?? '') + LAST];
    at += some.length;
    if (after >= end) continue;
    const window = { _id: { $gt: after > start ? after : start, $lt: end }, kind: { $in: [...kinds] } };
    const rest = limit + 1 - found.length;
    found.push(...(await counts.find(window, SHOWN).sort({ _id: 1 }).limit(rest).toArray()));
    size *= GROWTH;
  }
  return found;
}

/** Its keys are known: one for each day and kind. */
async function readName(
  counts: Counts,
  { kinds, name = '', days, limit, after }: Query,
): Promise<CountDocument[]> {
  const keys = days.flatMap((day) =>
    kinds.map((kind) => countKey(day, kind, kind === 'domain' ? (countedDomain(name) ?? name) : name)),
  );
  const wanted = keys.filter((key) => key > after);
  const found = await counts.find({ _id: { $in: wanted } }, SHOWN).toArray();
  return found.sort((a, b) => (a._id < b._id ? -1 : 1)).slice(0, limit + 1);
}

function encodeCursor(request: ListStatsRequest, after: string): string {
  return Buffer.from(JSON.stringify([after, scopeOf(request)])).toString('base64url');
}

function decodeCursor(request: ListStatsRequest, cursor: string): string {
  try {
    const [after, scope] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof after === 'string' && scope === scopeOf(request)) return after;
  } catch {
    // Not what a page gave: refused below.
  }
  throw invalidField('cursor', 'is not a cursor of this query');
}

function scopeOf({ kind, name, since, until }: ListStatsRequest): string {
  return JSON.stringify([kind ?? null, name ?? null, since ?? null, until ?? null]);
}

function latest(one: string, other: string): string {
  return one > other ? one : other;
}

function earliest(one: string, other: string): string {
  return one < other ? one : other;
}
