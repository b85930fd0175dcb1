// Who points at a record, kept by the service that owns it, so that "name it" and "delete it" cannot both win: naming adds to an
// open reference document, deleting first closes one that is empty. Each is one atomic update of one document.

import { RpcError } from '@egg/rpc/errors';
import type { Collection } from './driver.ts';

interface ReferenceDocument {
  /** The record's id. */
  _id: number;
  /** Who points at it, such as `egg_versions:12`. */
  by: string[];
  /** The record is being deleted, or is gone: nobody may point at it any more. */
  closed: boolean;
}

export type ReferenceCollection = Collection<ReferenceDocument>;

const DURABLE = { writeConcern: { w: 'majority' as const, j: true } };
const NAMED = 10;

export class References {
  readonly #references: ReferenceCollection;

  constructor(references: ReferenceCollection) {
    this.#references = references;
  }

  /**
   * Says that `by` will point at the record; to be called before the commit that makes it so, and harmless to repeat. Throws
   * FAILED_PRECONDITION where the record is being deleted. The caller has to know that the record exists.
   */
  async add(id: number, by: string): Promise<void> {
    try {
      const update = { $addToSet: { by }, $setOnInsert: { closed: false } };
      await this.#references.updateOne({ _id: id, closed: false }, update, { upsert: true, ...DURABLE });
    } catch (error) {
      if ((error as { code?: number }).code !== 11000) throw error;
      // Made at the same moment by another, or closed: the second try tells which.
      const { matchedCount } = await this.#references.updateOne(
        { _id: id, closed: false },
        { $addToSet: { by } },
        DURABLE,
      );
      if (matchedCount === 0)
        throw new RpcError('FAILED_PRECONDITION', `the record with id ${id} is being deleted`);
    }
  }

  /** Says that `by` points at the record no more. */
  async drop(id: number, by: string): Promise<void> {
    await this.#references.updateOne({ _id: id }, { $pull: { by } }, DURABLE);
  }

  /** To be called before a record is deleted. Throws FAILED_PRECONDITION that names who still points at it. */
  async close(id: number): Promise<void> {
    try {
      await this.#references.updateOne(
        { _id: id, by: { $size: 0 } },
        { $set: { closed: true, by: [] } },
        { upsert: true, ...DURABLE },
      );
    } catch (error) {
      if ((error as { code?: number }).code !== 11000) throw error;
      const by = (await this.#references.findOne({ _id: id }))?.by ?? [];
      throw new RpcError('FAILED_PRECONDITION', `the record with id ${id} is in use`, {
        violations: by.slice(0, NAMED).map((who) => ({ field: 'id', reason: `is used by ${who}` })),
      });
    }
  }

  /** Opens a reference again whose record was not deleted after all. */
  async reopen(id: number): Promise<void> {
    await this.#references.updateOne({ _id: id }, { $set: { closed: false } }, DURABLE);
  }

  /**
   * Drops references that led to no commit: those in `(after, after + limit]` for which `stands(id, by)` is false. The caller waits
   * long enough that a commit under way is in. Answers with the last id looked at, or undefined at the end.
   */
  async sweep(
    after: number,
    limit: number,
    stands: (id: number, by: string) => Promise<boolean>,
  ): Promise<number | undefined> {
    const documents = await this.#references.find({ _id: { $gt: after, $lte: after + limit } }).toArray();
    for (const { _id, by } of documents) {
      for (const who of by) if (!(await stands(_id, who))) await this.drop(_id, who);
    }
    return documents.at(-1)?._id;
  }
}
