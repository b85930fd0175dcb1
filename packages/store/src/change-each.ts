// Gives each of many documents a content of its own with one operation: a server that syncs every operation by itself takes
// milliseconds for each document otherwise. The server finds what is meant for a document by halving, because in a list it would look
// through half of all for each.

import mongoose from 'mongoose';
import type { Collection, Document, Filter } from './driver.ts';

/** What is to become of one document; both are expressions, as aggregations have them, over the document as it is. */
export interface OwnChange<Id extends number | string> {
  readonly id: Id;
  /** Only a document for which this is true is changed. */
  readonly when: Document;
  readonly to: Document;
}

interface ChangeOptions {
  readonly writeConcern: { readonly w: 'majority'; readonly j?: boolean };
}

/** What goes into one operation: documents, and bytes of what is to become of them. */
const SOME = 500;
const SOME_BYTES = 4 * 1024 * 1024;

/**
 * Changes documents, each named at most once. Answers with how many were changed: those that are not there or not as `when` says are
 * not, nor are those that stay the same. Throws what the database throws: some may then be changed.
 */
export async function changeEach<Id extends number | string, T extends Document & { _id: Id }>(
  collection: Collection<T>,
  changes: readonly OwnChange<Id>[],
  { writeConcern }: ChangeOptions,
): Promise<number> {
  let changed = 0;
  for (const some of pieces(changes)) {
    const filter = { _id: { $in: some.map(({ id }) => id) } } as Filter<T>;
    const update = [{ $replaceWith: halved(some) }];
    const { modifiedCount } = await collection.updateMany(filter, update, { writeConcern });
    changed += modifiedCount;
  }
  return changed;
}

/** In order of their ids. */
function pieces<Id extends number | string>(changes: readonly OwnChange<Id>[]): OwnChange<Id>[][] {
  const all: OwnChange<Id>[][] = [];
  let bytes = Infinity;
  for (const change of changes.toSorted(byId)) {
    const size = mongoose.mongo.BSON.calculateObjectSize(change.to, { ignoreUndefined: true });
    if (bytes + size > SOME_BYTES || all.at(-1)?.length === SOME) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)?.push(change);
    bytes += size;
  }
  return all;
}

/** As the database compares ids: text by its bytes. */
function byId<Id extends number | string>({ id: a }: OwnChange<Id>, { id: b }: OwnChange<Id>): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** The document that the one at hand becomes. */
function halved<Id extends number | string>(changes: readonly OwnChange<Id>[]): Document {
  const [only] = changes;
  if (only && changes.length === 1) return { $cond: [only.when, only.to, '$$ROOT'] };
  const middle = Math.floor(changes.length / 2);
  const isBefore = { $lt: ['$_id', changes[middle]?.id] };
  return { $cond: [isBefore, halved(changes.slice(0, middle)), halved(changes.slice(middle))] };
}
