// A table's folded records in the database. A row is the latest state of one record; a deleted one leaves a tombstone for a
// while, so that a late write of another replica cannot bring it back.

import type { AnyBulkWriteOperation, Collection, Document, Filter } from './driver.ts';
import type { Change, Row } from './record.ts';

/** A record under its id, or a tombstone. */
export type RowDocument = Document & { _id: number; revision: number; deleted?: Date };
export type RowCollection = Collection<RowDocument>;

/** The last change of one id, and the revision that made it. */
export interface Latest<R extends Row = Row> {
  readonly revision: number;
  readonly at: Date;
  readonly change: Change<R>;
  /** No row can be there yet: the first of the changes was an add. */
  readonly fresh: boolean;
}

const E11000 = 11000;
const DURABLE = { writeConcern: { w: 'majority' as const } };

/**
 * Writes the latest changes. Guarded by revision and safe to repeat, in any order and by several replicas at once: a row never goes
 * back. Throws on anything but a duplicate `_id`.
 */
export async function writeRows(rows: RowCollection, latest: readonly Latest[]): Promise<void> {
  const fresh = latest.filter((one) => one.fresh && one.change.after);
  const others = latest.filter((one) => !(one.fresh && one.change.after));
  const there = await insertRows(rows, fresh);
  await replaceRows(rows, [...others, ...there]);
}

/** Inserts and answers with those whose row another replica had put there. */
async function insertRows(rows: RowCollection, fresh: readonly Latest[]): Promise<Latest[]> {
  if (fresh.length === 0) return [];
  try {
    await rows.insertMany(fresh.map(toDocument), { ordered: false, ...DURABLE });
    return [];
  } catch (error) {
    return duplicates(error).map((index) => fresh[index] as Latest);
  }
}

async function replaceRows(rows: RowCollection, latest: readonly Latest[]): Promise<void> {
  if (latest.length === 0) return;
  const operations = latest.map((one): AnyBulkWriteOperation<RowDocument> => ({
    replaceOne: {
      filter: { _id: one.change.id, revision: { $lt: one.revision } },
      replacement: toDocument(one),
      upsert: true,
    },
  }));
  try {
    await rows.bulkWrite(operations, { ordered: false, ...DURABLE });
  } catch (error) {
    duplicates(error);
  }
}

/** The indexes of the writes that met a duplicate `_id`. Throws the error again if it says anything else. */
function duplicates(error: unknown): number[] {
  const { writeErrors } = error as { writeErrors?: unknown };
  const errors = (Array.isArray(writeErrors) ? writeErrors : [writeErrors]) as (
    { code?: number; index?: number } | undefined
  )[];
  if ((error as { code?: number }).code !== E11000 || errors.some((one) => one?.code !== E11000)) throw error;
  return errors.map((one) => one?.index ?? 0);
}

/** The records with these ids that are there. */
export async function readRows<R extends Row>(rows: RowCollection, ids: readonly number[]): Promise<R[]> {
  if (ids.length === 0) return [];
  const found = await rows.find({ _id: { $in: [...ids] } }).toArray();
  return found.filter(({ deleted }) => deleted === undefined).map((document) => fromRow<R>(document));
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

function toDocument({ change, revision, at }: Latest): RowDocument {
  if (change.after === undefined) return { _id: change.id, revision, deleted: at };
  const { id, ...fields } = change.after;
  return { _id: id, ...fields };
}

function fromRow<R extends Row>(document: RowDocument): R {
  const { _id, ...fields } = document;
  return { id: _id, ...fields } as unknown as R;
}
