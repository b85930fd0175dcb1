// Inserts one document or many. The driver's machinery for many costs a fifth more of the client's CPU, and where nobody else
// writes at the moment a batch is one.

import type { Collection, Document, OptionalUnlessRequiredId } from './driver.ts';
import { takenIn } from './duplicates.ts';

interface InsertOptions {
  /** Nothing is stored after the first that is refused. */
  readonly ordered: boolean;
  readonly writeConcern: { readonly w: 'majority'; readonly j?: boolean };
}

/** Inserts documents. Throws what the driver throws: of one document alone the error has no `writeErrors`. */
export async function insertAll<T extends Document>(
  collection: Collection<T>,
  documents: readonly OptionalUnlessRequiredId<T>[],
  { ordered, writeConcern }: InsertOptions,
): Promise<void> {
  const [only] = documents;
  if (only && documents.length === 1) await collection.insertOne(only, { writeConcern });
  else await collection.insertMany(documents, { ordered, writeConcern });
}

/** Inserts those whose `_id` is not taken, and answers with the indexes of the others. Throws what else goes wrong. */
export async function insertUntaken<T extends Document>(
  collection: Collection<T>,
  documents: readonly OptionalUnlessRequiredId<T>[],
  { writeConcern }: Pick<InsertOptions, 'writeConcern'>,
): Promise<number[]> {
  if (documents.length === 0) return [];
  try {
    await insertAll(collection, documents, { ordered: false, writeConcern });
    return [];
  } catch (error) {
    const taken = takenIn(error);
    if (!taken) throw error;
    return taken;
  }
}
