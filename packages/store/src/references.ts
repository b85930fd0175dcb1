// Who points at a record, kept where the record lives, so that "point at it" and "delete it" cannot both win: whoever is about to point
// adds a claim to a document that nobody closes, whoever deletes first closes one that nobody points from. Each is one atomic update.
//
// A claim (`egg_versions#<ms>.<random>`) stands for a commit that is under way; a pointer (`egg_versions:12@7`) for record 12, which
// points here since the commit with revision 7. What a commit ends is told by its revision, so an older commit that is settled late
// never takes away the pointer of a newer one.

import { DURABLE, MAJORITY } from './concerns.ts';
import { randomUUID } from 'node:crypto';
import { RpcError } from '@egg/rpc/errors';
import type { Collection } from './driver.ts';
import { unlessTaken } from './duplicates.ts';
import { insertUntaken } from './insert.ts';

export interface ReferenceDocument<Id extends number | string = number> {
  /** The record's id. */
  _id: Id;
  /** Claims and pointers. */
  by: string[];
  /** Who is deleting the record just now, or has deleted it: nobody may point at it while there is one. */
  closers: string[];
}

export type ReferenceCollection<Id extends number | string = number> = Collection<ReferenceDocument<Id>>;

/** What became of a claim, and who points at a record from a commit on. */
export interface Settlement {
  /** It is over. */
  readonly claim?: string;
  /** `<table>:<id>` of a record whose commit with this revision points here, or no longer does. */
  readonly pointer?: { readonly by: string; readonly revision: number; readonly points: boolean };
}

const NAMED = 10;

export class References<Id extends number | string = number> {
  readonly #references: ReferenceCollection<Id>;

  constructor(references: ReferenceCollection<Id>) {
    this.#references = references;
  }

  /**
   * Says that a commit that is about to be made points at some records; harmless to repeat. Answers with those that are being deleted. The
   * caller then has to look whether the others are there at all.
   */
  async claim(ids: readonly Id[], claim: string): Promise<Id[]> {
    const some = { _id: { $in: [...ids] } };
    const open = { ...some, closers: { $size: 0 } } as object;
    for (;;) {
      const add = { $addToSet: { by: claim } } as object;
      const { matchedCount } = await this.#references.updateMany(open, add, DURABLE);
      if (matchedCount === ids.length) return [];
      const known = await this.#references.find(some as object, MAJORITY).toArray();
      const there = new Set<Id>(known.map(({ _id }) => _id as Id));
      const isBegun = await this.#begin(
        ids.filter((id) => !there.has(id)),
        claim,
      );
      const others = known.filter(({ by }) => !by.includes(claim));
      // What others made or opened at the same moment is claimed at the next try.
      if (isBegun && others.every(({ closers }) => closers.length > 0))
        return others.map(({ _id }) => _id as Id);
    }
  }

  /** Says what became of a claim of some records. Harmless to repeat. */
  async settle(ids: readonly Id[], { claim, pointer }: Settlement): Promise<void> {
    const records = { _id: { $in: [...ids] } } as object;
    const gone = claim === undefined ? [] : [claim];
    if (pointer?.points) {
      const added = `${pointer.by}@${pointer.revision}`;
      await this.#references.updateMany(records, { $addToSet: { by: added } } as object, DURABLE);
    }
    if (pointer) gone.push(...(await this.#older(records, pointer)));
    if (gone.length > 0)
      await this.#references.updateMany(records, { $pull: { by: { $in: gone } } } as object, DURABLE);
  }

  /** To be called before a record is deleted. Throws FAILED_PRECONDITION that names who points at it. */
  async close(id: Id, closer: string): Promise<void> {
    const free = { _id: id, by: { $size: 0 } } as object;
    const add = { $addToSet: { closers: closer } } as object;
    if (await this.#upsert(free, { ...add, $setOnInsert: { by: [] } })) return;
    const { matchedCount } = await this.#references.updateOne(free, add, DURABLE);
    if (matchedCount > 0) return;
    const by = (await this.#find(id))?.by ?? [];
    throw new RpcError('FAILED_PRECONDITION', `the record with id ${id} is in use`, {
      violations: by
        .slice(0, NAMED)
        .map((entry) => ({ field: 'id', reason: `is used by ${ownerOf(entry)}` })),
    });
  }

  /** Takes back a closing whose deletion did not come. */
  async reopen(id: Id, closer: string): Promise<void> {
    await this.#references.updateOne(
      { _id: id } as object,
      { $pull: { closers: closer } } as object,
      DURABLE,
    );
  }

  /** Takes the document of a record that is gone away, if nobody else has touched it since. */
  async forget(id: Id, closers: readonly string[]): Promise<void> {
    await this.#references.deleteOne({ _id: id, by: { $size: 0 }, closers: [...closers] } as object, DURABLE);
  }

  /** The documents with ids behind `after`, in order of id. */
  async read(after: Id, limit: number): Promise<ReferenceDocument<Id>[]> {
    const behind = { _id: { $gt: after } } as object;
    const found = this.#references.find(behind, MAJORITY).sort({ _id: 1 }).limit(limit);
    return found.toArray();
  }

  /** Drops entries as they stand. */
  async drop(id: Id, entries: readonly string[]): Promise<void> {
    const gone = { $pull: { by: { $in: [...entries] } } } as object;
    await this.#references.updateOne({ _id: id } as object, gone, DURABLE);
  }

  /** Makes the documents of records that nobody has pointed at yet. False where somebody else made one of them. */
  async #begin(ids: readonly Id[], claim: string): Promise<boolean> {
    const documents = ids.map((_id) => ({ _id, by: [claim], closers: [] }));
    const taken = await insertUntaken(this.#references, documents as never[], DURABLE);
    return taken.length === 0;
  }

  /** What is older than a pointer of the same record is over, wherever it stands. */
  async #older(records: object, pointer: { by: string; revision: number }): Promise<string[]> {
    const found = await this.#references.find(records, MAJORITY).toArray();
    const entries = new Set(found.flatMap(({ by }) => by));
    return [...entries].filter((entry) => {
      const revision = revisionIn(entry, pointer.by);
      return revision !== undefined && revision < pointer.revision;
    });
  }

  async #find(id: Id): Promise<ReferenceDocument<Id> | undefined> {
    const found = await this.#references.findOne({ _id: id } as object, MAJORITY);
    return found ?? undefined;
  }

  /** False where there is a document that the filter does not match, or that was made at the same moment. */
  #upsert(filter: object, update: object): Promise<boolean> {
    return unlessTaken(this.#references.updateOne(filter, update, { upsert: true, ...DURABLE }));
  }
}

/** A new claim of a commit of this table. */
export function newClaim(table: string): string {
  return `${table}#${Date.now()}.${randomUUID()}`;
}

/** When a claim was made, in epoch milliseconds; undefined for a pointer. */
export function claimedAt(entry: string): number | undefined {
  const ms = /#(\d+)\./.exec(entry)?.[1];
  return ms === undefined ? undefined : Number(ms);
}

/** The table whose records an entry is of. */
export function tableOf(entry: string): string {
  return entry.split(/[:#]/, 1)[0] ?? '';
}

/** The record that a pointer is of, and since when; undefined for a claim. */
export function pointerOf(entry: string): { id: number; revision: number } | undefined {
  const [, id, revision] = /:(\d+)@(\d+)$/.exec(entry) ?? [];
  return id === undefined ? undefined : { id: Number(id), revision: Number(revision) };
}

function revisionIn(entry: string, by: string): number | undefined {
  return entry.startsWith(`${by}@`) ? Number(entry.slice(by.length + 1)) : undefined;
}

/** For people: `egg_versions 12`. */
function ownerOf(entry: string): string {
  const pointer = pointerOf(entry);
  return pointer ? `${tableOf(entry)} ${pointer.id}` : `${tableOf(entry)}, which is being written`;
}
