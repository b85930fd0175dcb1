// What a page is asked for by, what matches it, and the cursor that says where the next one begins.

import { invalidField } from '@egg/rpc/errors';
import type { Row } from './record.ts';

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly descending?: boolean;
  /**
   * Fields that have to be equal; a list has to hold the value. `labels.env` is a field within a field; `PRESENT` is any value.
   */
  readonly filter?: Readonly<Record<string, unknown>>;
  /** What is kept beside the records has to hold too. */
  readonly within?: Within;
  /** A piece of the name, in the form that keys have. */
  readonly piece?: string;
  /** The table as it was then; the caller has checked that it is not in the future. */
  readonly revision?: number;
}

/** Selects records by what is kept elsewhere, window by window, so that a page costs the same wherever it is. */
export interface Within {
  /** What has to be the same from page to page. */
  readonly scope: unknown;
  /** Which ids of `(after, to]` are in; with `ids`, only of those. */
  among(window: { after: number; to: number }, ids?: readonly number[]): Promise<(id: number) => boolean>;
}

/** In a filter: that a field is there. */
export const PRESENT = { $exists: true } as const;

/** Whether a record has the piece in its name and the fields of the filter. `nameOf` gives the name in the form that keys have. */
export function matches<R extends Row>(query: PageQuery, row: R, nameOf: (row: R) => string): boolean {
  if (query.piece !== undefined && !nameOf(row).includes(query.piece)) return false;
  return Object.entries(query.filter ?? {}).every(([path, wanted]) => {
    const value = path.split('.').reduce<unknown>(fieldOf, row);
    if (wanted === PRESENT) return value !== undefined;
    return Array.isArray(value) ? value.includes(wanted) : value === wanted;
  });
}

/** Only of its own: what every object has is no field. */
function fieldOf(within: unknown, field: string): unknown {
  if (typeof within !== 'object' || within === null || !Object.hasOwn(within, field)) return undefined;
  return (within as Record<string, unknown>)[field];
}

/** The cursor behind which the next page begins: of this id. */
export function encodeCursor(query: PageQuery, id: number): string {
  return Buffer.from(JSON.stringify([id, scope(query)])).toString('base64url');
}

/** The id that a query's cursor names. Throws INVALID_ARGUMENT for one that is none, or of another query. */
export function decodeCursor(query: PageQuery): number {
  try {
    const [id, of] = JSON.parse(Buffer.from(query.cursor ?? '', 'base64url').toString()) as [
      unknown,
      unknown,
    ];
    if (Number.isSafeInteger(id) && of === scope(query)) return id as number;
  } catch {
    // Not what a page gave: refused below.
  }
  throw invalidField('cursor', 'is not a cursor of this query');
}

/** What has to be the same from page to page. */
function scope({ descending = false, revision, piece, filter, within }: PageQuery): string {
  const parts = [descending, revision ?? null, piece ?? null, filter ?? null];
  return JSON.stringify(within ? [...parts, within.scope] : parts);
}
