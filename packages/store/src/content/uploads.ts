// Uploads that are under way, each with a note in the database that beats while its process lives, so that the bytes which a killed
// process left are found and deleted.
//
// Whether a note still beats is judged by the clock of the one who watches, and only by what it has seen itself: clocks that differ and
// machines that slept in between make nobody dead.

import type { Database } from '../connection.ts';
import { type Collection, ObjectId } from '../driver.ts';
import { RpcError } from '@egg/rpc/errors';
import type { Bytes } from './bytes.ts';
import { asked } from './database-failure.ts';
import {
  CONTENTS,
  type ContentDocument,
  DURABLE,
  MAJORITY,
  type UploadDocument,
  UPLOADS,
} from './documents.ts';

const BEAT_MS = 10_000;
/** A note that does not beat for so long is of a dead process. */
const DEAD_MS = 60_000;

export interface UploadsOptions {
  readonly beatMs?: number;
  readonly deadMs?: number;
}

/** One that is under way. */
export interface Upload {
  readonly file: ObjectId;
  /** Throws UNAVAILABLE if it was taken for dead. */
  check(this: void): void;
  /** To be called right before something points at the bytes. Throws as `check` does. */
  confirm(this: void): Promise<void>;
  /** Something points at the bytes: they stay. */
  done(this: void): Promise<void>;
  /** Deletes the bytes. */
  discard(this: void): Promise<void>;
  /** Leaves what is there to the sweep. */
  leave(this: void): void;
}

export class Uploads {
  readonly #notes: Collection<UploadDocument>;
  readonly #contents: Collection<ContentDocument>;
  readonly #bytes: Bytes;
  readonly #beatMs: number;
  readonly #deadMs: number;
  /** What each note was when it was first seen so, by this process's own clock. */
  #watched = new Map<string, { readonly beats: number; readonly sinceMs: number }>();

  constructor(database: Pick<Database, 'collection'>, bytes: Bytes, options: UploadsOptions = {}) {
    this.#notes = database.collection(UPLOADS);
    this.#contents = database.collection(CONTENTS);
    this.#bytes = bytes;
    this.#beatMs = options.beatMs ?? BEAT_MS;
    this.#deadMs = options.deadMs ?? DEAD_MS;
  }

  /** Begins one: from when it resolves on, whatever is written is found again. */
  async begin(): Promise<Upload> {
    const file = new ObjectId();
    await asked(this.#notes.insertOne({ _id: file, beats: 0 }, DURABLE));
    let isDead = false;
    const beat = async (): Promise<void> => {
      const living = { _id: file, dying: { $exists: false } };
      const { matchedCount } = await asked(this.#notes.updateOne(living, { $inc: { beats: 1 } }, DURABLE));
      if (matchedCount === 0) isDead = true;
    };
    // A beat that fails is made up for by the next.
    const timer = setInterval(() => void beat().catch(() => undefined), this.#beatMs).unref();
    const leave = (): void => clearInterval(timer);
    const check = (): void => {
      if (isDead) throw new RpcError('UNAVAILABLE', 'the upload stood still for too long');
    };
    return {
      file,
      check,
      leave,
      confirm: async () => {
        await beat();
        check();
      },
      done: async () => {
        leave();
        await asked(this.#notes.deleteOne({ _id: file }));
      },
      discard: async () => {
        leave();
        await this.#bytes.remove(file);
        await asked(this.#notes.deleteOne({ _id: file }));
      },
    };
  }

  /** Deletes the bytes of uploads that this process has seen standing still. Any number of processes may do so at once. */
  async sweep(nowMs = performance.now()): Promise<void> {
    const notes = await this.#notes.find({}, MAJORITY).toArray();
    const watched = new Map<string, { beats: number; sinceMs: number }>();
    for (const note of notes) {
      const key = note._id.toHexString();
      const before = this.#watched.get(key);
      const seen = before?.beats === note.beats ? before : { beats: note.beats, sinceMs: nowMs };
      if (nowMs - seen.sinceMs < this.#deadMs) watched.set(key, seen);
      else await this.#bury(note);
    }
    this.#watched = watched;
  }

  async #bury({ _id, beats, dying }: UploadDocument): Promise<void> {
    if (!dying) {
      const still = { _id, beats, dying: { $exists: false } };
      const { matchedCount } = await this.#notes.updateOne(still, { $set: { dying: true } }, DURABLE);
      if (matchedCount === 0) return;
    }
    // Killed after the bytes came into use, and before the note went.
    const isUsed = await this.#contents.findOne({ file: _id }, { projection: { _id: 1 }, ...MAJORITY });
    if (!isUsed) await this.#bytes.remove(_id);
    await this.#notes.deleteOne({ _id }, DURABLE);
  }
}
