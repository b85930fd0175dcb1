// What is kept of a table beside its log and records: the name of its history, and how far the records are folded and purged.

import { randomUUID } from 'node:crypto';
import { unlessTaken } from './duplicates.ts';
import type { Collection } from './driver.ts';

export interface MarkDocument {
  /** The table's name. */
  _id: string;
  /** Names this history of the table. */
  log: string;
  /** The records hold every commit up to this one. */
  folded: number;
  /** Tombstones of commits up to this one are gone. */
  purged: number;
}

export type MarkCollection = Collection<MarkDocument>;

/** The collection of all tables' marks. */
export const MARKS = 'tables';

export class Mark {
  readonly #marks: MarkCollection;
  readonly #table: string;

  constructor(marks: MarkCollection, table: string) {
    this.#marks = marks;
    this.#table = table;
  }

  /** The table's mark, made if it is new. */
  async open(): Promise<MarkDocument> {
    const fresh = { log: randomUUID(), folded: 0, purged: 0 };
    // Another replica may make it at the same moment.
    await unlessTaken(
      this.#marks.updateOne(
        { _id: this.#table },
        { $setOnInsert: fresh },
        { upsert: true, writeConcern: { w: 'majority' } },
      ),
    );
    const mark = await this.#marks.findOne({ _id: this.#table });
    if (!mark) throw new Error(`the mark of ${this.#table} is gone`);
    return mark;
  }

  /** Begins a new history: whoever followed the table starts again. Services learn of it when they start. */
  async renew(): Promise<void> {
    await this.#marks.updateOne(
      { _id: this.#table },
      { $set: { log: randomUUID() } },
      { writeConcern: { w: 'majority' } },
    );
  }

  /** How far the records are folded. */
  async read(): Promise<number> {
    return (await this.#marks.findOne({ _id: this.#table }))?.folded ?? 0;
  }

  async raise(folded: number): Promise<void> {
    await this.#marks.updateOne({ _id: this.#table }, { $max: { folded } });
  }

  async raisePurged(purged: number): Promise<void> {
    await this.#marks.updateOne({ _id: this.#table }, { $max: { purged } });
  }
}
