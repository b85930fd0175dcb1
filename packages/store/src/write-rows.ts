// Writes the latest changes of a log to the records, in as few operations as can be.

import type { AnyBulkWriteOperation } from './driver.ts';
import { changeEach } from './change-each.ts';
import { MAJORITY } from './concerns.ts';
import { takenIn } from './duplicates.ts';
import { insertUntaken } from './insert.ts';
import type { Latest, RowCollection, RowDocument } from './rows.ts';

const DURABLE = { writeConcern: { w: 'majority' as const } };
/** Fewer that come back are written one by one. */
const FEW = 8;
/** One more than a race with another replica takes. */
const TRIES = 3;

/**
 * Writes the latest changes. Guarded by revision and safe to repeat, in any order and by several replicas at once: a row never goes
 * back. When it resolves the rows are there to be read. Throws on anything but a duplicate `_id`.
 */
export async function writeRows(rows: RowCollection, latest: readonly Latest[]): Promise<void> {
  const fresh = latest.filter((one) => one.fresh && one.change.after);
  const others = latest.filter((one) => !(one.fresh && one.change.after));
  const there = await insertRows(rows, fresh);
  const left = await changeRows(rows, others);
  await replaceRows(rows, [...left, ...there]);
}

/** Inserts, and answers with those whose row another replica had put there. */
async function insertRows(rows: RowCollection, fresh: readonly Latest[]): Promise<Latest[]> {
  const there = await insertOnce(rows, fresh);
  if (there.length < FEW) return there;
  // Records that come back: their tombstones go. A late write that slips in between is found by the second insert.
  const revision = Math.min(...there.map((one) => one.revision));
  const tombstones = { _id: { $in: idsOf(there) }, deleted: { $exists: true }, revision: { $lt: revision } };
  await rows.deleteMany(tombstones, DURABLE);
  return insertOnce(rows, there);
}

async function insertOnce(rows: RowCollection, fresh: readonly Latest[]): Promise<Latest[]> {
  const taken = await insertUntaken(rows, fresh.map(toDocument), DURABLE);
  return taken.map((index) => fresh[index] as Latest);
}

/** Changes rows that are there, and answers with those whose row is not. */
async function changeRows(rows: RowCollection, others: readonly Latest[]): Promise<Latest[]> {
  const changes = others.map((one) => ({
    id: one.change.id,
    when: { $lt: ['$revision', one.revision] },
    to: { $literal: toDocument(one) },
  }));
  const changed = await changeEach(rows, changes, DURABLE);
  return changed === others.length ? [] : behind(rows, others);
}

/** Those whose row is not there yet for good, or older than the change. */
async function behind(rows: RowCollection, of: readonly Latest[]): Promise<Latest[]> {
  const options = { projection: { revision: 1 }, ...MAJORITY };
  const found = await rows.find({ _id: { $in: idsOf(of) } }, options).toArray();
  const revisions = new Map(found.map(({ _id, revision }) => [_id, revision]));
  return of.filter(({ change, revision }) => (revisions.get(change.id) ?? 0) < revision);
}

async function replaceRows(rows: RowCollection, latest: readonly Latest[], tries = TRIES): Promise<void> {
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
    // An `_id` that is taken is not always one that is newer: an upsert that found no row loses to another replica that inserts an older
    // one at the same moment, and a row that is there may yet come to nothing where its primary fails.
    const left = await behind(rows, takenOf(latest, error));
    if (left.length > 0 && tries === 1)
      throw new Error(`rows ${idsOf(left).join(', ')} are taken and not to be read yet`, { cause: error });
    await replaceRows(rows, left, tries - 1);
  }
}

/** Those that met an `_id` that is taken. Throws the error again if it says anything else. */
function takenOf(latest: readonly Latest[], error: unknown): Latest[] {
  const indexes = takenIn(error);
  if (!indexes) throw error;
  return indexes.map((index) => latest[index] as Latest);
}

function idsOf(latest: readonly Latest[]): number[] {
  return latest.map(({ change }) => change.id);
}

function toDocument({ change, revision, at }: Latest): RowDocument {
  if (change.after === undefined) return { _id: change.id, revision, deleted: at };
  const { id, ...fields } = change.after;
  return { _id: id, ...fields };
}
