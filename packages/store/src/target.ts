// A table whose records others point at, as those others see it: in the same process, or over gRPC in another service.

import { RpcError } from '@egg/rpc/errors';
import { claimedAt, type ReferenceDocument, type References, type Settlement } from './references.ts';

export interface Target {
  /**
   * Says that a record of `claim`'s table is about to point at these. Answers with those that it cannot point at; throws UNAVAILABLE if
   * that cannot be known. Whatever comes of it, the claim has to be settled.
   */
  claim(ids: readonly number[], claim: string, deadline: number): Promise<Refused[]>;
  settle(ids: readonly number[], settlement: Settlement): Promise<void>;
  /** Who points at what, in order of id: at most `limit` records behind `after`. */
  read(after: number, limit: number): Promise<Pointed[]>;
  drop(id: number, entries: readonly string[]): Promise<void>;
}

/** A record that nobody may point at: it is being deleted, or not there any more. */
export interface Refused {
  readonly id: number;
  readonly isThere: boolean;
}

/** A record that is pointed at, and by whom. */
export type Pointed = Pick<ReferenceDocument, '_id' | 'by'>;

interface Owner {
  follow(deadline?: number): Promise<void>;
  currentOf(ids: readonly number[]): Promise<ReadonlyMap<number, object>>;
}

/** A closing older than this whose record is there led to no deletion; one whose record is gone is of no more use. */
const OVER_MS = 2 * 60_000;
const READ = 500;

/** A table of this process. */
export class OwnTarget implements Target {
  readonly references: References;
  readonly #owner: Owner;

  constructor(owner: Owner, references: References) {
    this.#owner = owner;
    this.references = references;
  }

  async claim(ids: readonly number[], claim: string, deadline: number): Promise<Refused[]> {
    const deleting = new Set(await this.references.claim(ids, claim));
    await this.#owner.follow(deadline);
    const there = await this.#owner.currentOf(ids);
    return ids
      .filter((id) => deleting.has(id) || !there.has(id))
      .map((id) => ({ id, isThere: there.has(id) }));
  }

  settle(ids: readonly number[], settlement: Settlement): Promise<void> {
    return this.references.settle(ids, settlement);
  }

  read(after: number, limit: number): Promise<Pointed[]> {
    return this.references.read(after, limit);
  }

  drop(id: number, entries: readonly string[]): Promise<void> {
    return this.references.drop(id, entries);
  }

  /** Deletes one record by `commit`: nobody points at it then. Throws FAILED_PRECONDITION that says who does. */
  async closing<T>(id: number, closer: string, commit: () => Promise<T>): Promise<T> {
    await this.references.close(id, closer);
    try {
      return await commit();
    } catch (error) {
      // Whether an unanswered commit was made shows later: until then nobody may point at the record.
      if (!isUnknown(error)) await this.references.reopen(id, closer);
      throw error;
    }
  }

  /** Ends what deletions left that never came, or came long ago. Any replica may do so at any time. */
  async sweep(now = Date.now()): Promise<void> {
    await this.#owner.follow();
    let documents: ReferenceDocument[] = [];
    for (let after = 0; (documents = await this.references.read(after, READ)).length > 0;) {
      const there = await this.#owner.currentOf(documents.map(({ _id }) => _id));
      for (const { _id, by, closers } of documents) {
        const isOver =
          closers.length > 0 && closers.every((closer) => now - (claimedAt(closer) ?? 0) > OVER_MS);
        if (!isOver) continue;
        if (there.has(_id)) {
          for (const closer of closers) await this.references.reopen(_id, closer);
        } else if (by.length === 0) await this.references.forget(_id, closers);
      }
      after = documents.at(-1)?._id ?? after;
    }
  }
}

/** Whether a write may have been made although it failed. */
export function isUnknown(error: unknown): boolean {
  return error instanceof RpcError && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED');
}
