// Writes the latest changes of a log to the records. Many that change alike (deletions, a source that joins, what comes back) go in
// one operation: a server that syncs each one by itself takes milliseconds for every record otherwise.

import { isDeepStrictEqual } from 'node:util';
import type { AnyBulkWriteOperation, Filter } from './driver.ts';
import { MAJORITY } from './concerns.ts';
import { takenIn } from './duplicates.ts';
import { insertAll } from './insert.ts';
import type { Latest, RowCollection, RowDocument } from './rows.ts';

const DURABLE = { writeConcern: { w: 'majority' as const } };
/** Fewer that change alike are written one by one. */
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
  const left = await changeAlike(rows, others);
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
  if (fresh.length === 0) return [];
  try {
    await insertAll(rows, fresh.map(toDocument), { ordered: false, ...DURABLE });
    return [];
  } catch (error) {
    return takenOf(fresh, error);
  }
}

interface Alike {
  readonly of: Latest[];
  readonly filter: Filter<RowDocument>;
  readonly update: { $set: object; $unset?: object };
}

/** Makes changes that many records share, and answers with those that are left to be made one by one. */
async function changeAlike(rows: RowCollection, others: readonly Latest[]): Promise<Latest[]> {
  if (others.length < FEW) return [...others];
  const left: Latest[] = [];
  for (const { of, filter, update } of alike(others)) {
    const ids = idsOf(of);
    if (ids.length < FEW) {
      left.push(...of);
      continue;
    }
    const { matchedCount } = await rows.updateMany({ ...filter, _id: { $in: ids } }, update, DURABLE);
    if (matchedCount < ids.length) left.push(...(await behind(rows, of)));
  }
  return left;
}

/** Those whose row is not there yet for good, or older than the change. */
async function behind(rows: RowCollection, of: readonly Latest[]): Promise<Latest[]> {
  const options = { projection: { revision: 1 }, ...MAJORITY };
  const found = await rows.find({ _id: { $in: idsOf(of) } }, options).toArray();
  const revisions = new Map(found.map(({ _id, revision }) => [_id, revision]));
  return of.filter(({ change, revision }) => (revisions.get(change.id) ?? 0) < revision);
}

function alike(others: readonly Latest[]): Iterable<Alike> {
  const groups = new Map<string, Alike>();
  for (const one of others) {
    const { filter, update } = updateOf(one);
    const key = JSON.stringify([filter, update]);
    const group = groups.get(key);
    if (group) group.of.push(one);
    else groups.set(key, { of: [one], filter, update });
  }
  return groups.values();
}

/**
 * A change as an update. One that names fields alone holds only for a row that is just at the revision it was decided on; a
 * deletion for every older one, as nothing of the record stays.
 */
function updateOf({ change: { after }, base, revision, at }: Latest): Omit<Alike, 'of'> {
  if (!after) {
    const names = Object.keys(base ?? {}).filter((name) => name !== 'id' && name !== 'revision');
    return {
      filter: { revision: { $lt: revision } },
      update: { $set: { revision, deleted: at }, ...unset(names) },
    };
  }
  const [was, is] = [base, after] as unknown as Record<string, unknown>[];
  const changed = Object.entries(is ?? {}).filter(([name, value]) => !isDeepStrictEqual(was?.[name], value));
  const gone = Object.keys(was ?? {}).filter((name) => is?.[name] === undefined);
  return {
    // An add that nothing is known before never matches.
    filter: { revision: base?.revision ?? -1 },
    update: { $set: Object.fromEntries(changed), ...unset(gone) },
  };
}

function unset(names: readonly string[]): { $unset?: object } {
  return names.length === 0 ? {} : { $unset: Object.fromEntries(names.map((name) => [name, ''])) };
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
