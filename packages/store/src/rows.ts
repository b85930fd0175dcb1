// A table's folded records in the database. A row is the latest state of one record; a deleted one leaves a tombstone for a
// while, so that a late write of another replica cannot bring it back.

import type { Collection, Document, Filter } from './driver.ts';
import type { Change, Row } from './record.ts';

/** A record under its id, or a tombstone. */
export type RowDocument = Document & { _id: number; revision: number; deleted?: Date };
export type RowCollection = Collection<RowDocument>;

const DENSE = 32;

/** The last change of one id, and the revision that made it. */
export interface Latest {
  readonly revision: number;
  readonly at: Date;
  readonly change: Change;
  /** No row can be there yet: the first of the changes was an add. */
  readonly fresh: boolean;
}

/** The records with these ids that are there. */
export async function readRows<R extends Row>(rows: RowCollection, ids: readonly number[]): Promise<R[]> {
  if (ids.length === 0) return [];
  const wanted = new Set(ids);
  const found = await rows.find({ _id: isDense(ids) ? rangeOf(ids) : { $in: [...ids] } }).toArray();
  return found
    .filter(({ _id, deleted }) => deleted === undefined && wanted.has(_id))
    .map((document) => fromRow<R>(document));
}

/** Whether most ids of their range are asked for. One look at a range is cheaper for a server than one for each id. */
function isDense(ids: readonly number[]): boolean {
  const { $gte, $lte } = rangeOf(ids);
  return ids.length >= DENSE && $lte - $gte < ids.length * 2;
}

function rangeOf(ids: readonly number[]): { $gte: number; $lte: number } {
  let [$gte, $lte] = [Infinity, -Infinity];
  for (const id of ids) {
    $gte = Math.min($gte, id);
    $lte = Math.max($lte, id);
  }
  return { $gte, $lte };
}

/** The records with ids in `(after, to]` that match `filter`, in order of id; at most `limit`, with `fields` alone. */
export async function readWindow<R extends Row>(
  rows: RowCollection,
  window: { after: number; to: number },
  options: {
    filter?: Filter<RowDocument>;
    descending?: boolean;
    limit?: number;
    fields?: readonly string[];
  } = {},
): Promise<R[]> {
  const range = {
    ...options.filter,
    _id: { $gt: window.after, $lte: window.to },
    deleted: { $exists: false },
  };
  const projection = options.fields && Object.fromEntries(options.fields.map((field) => [field, 1]));
  const found = rows
    .find(range as Filter<RowDocument>, projection ? { projection } : {})
    .sort({ _id: options.descending ? -1 : 1 });
  const documents = await (options.limit === undefined ? found : found.limit(options.limit)).toArray();
  return documents.map((document) => fromRow<R>(document));
}

/** Takes away tombstones. Rows that are not tombstones stay, whatever their id. */
export async function purgeTombstones(rows: RowCollection, ids: readonly number[]): Promise<void> {
  await rows.deleteMany({ _id: { $in: [...ids] }, deleted: { $exists: true } });
}

function fromRow<R extends Row>(document: RowDocument): R {
  const { _id, ...fields } = document;
  return { id: _id, ...fields } as unknown as R;
}
