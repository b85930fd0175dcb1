// Open or closed. Until a first admin token there is no token anybody could have, and the system is open to its own machine; from
// then on it is closed for ever, whatever becomes of the token. Which it is stands in the database: every process looks, and what it has
// seen holds for `LEASE_MS`, so that whoever closes knows when the last has learnt of it.

import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@egg/rpc';
import { type Database, DURABLE, MAJORITY, unlessTaken } from '@egg/store';
import { asked } from './asked.ts';

/** The collection of what is one for the whole system. */
export const SYSTEM = 'system';
/** How long a process that saw the system open may take it for open, counted from when it asked. */
const LEASE_MS = 500;
const POLL_MS = 200;
const RETRY_MS = 500;

interface ModeDocument {
  _id: string;
  closed_at: Date;
}

/** Whether the system is closed, as the database has it. */
async function readClosed(database: Pick<Database, 'collection'>): Promise<boolean> {
  const collection = database.collection<ModeDocument>(SYSTEM);
  return (await collection.findOne({ _id: 'mode' }, MAJORITY)) !== null;
}

/** Closes the system. Durable when this answers; every process has seen it `LEASE_MS` later. */
async function writeClosed(database: Pick<Database, 'collection'>): Promise<void> {
  const collection = database.collection<ModeDocument>(SYSTEM);
  const closed = { $setOnInsert: { closed_at: new Date() } };
  // Another process may close it at the same moment.
  await unlessTaken(collection.updateOne({ _id: 'mode' }, closed, { upsert: true, ...DURABLE }));
}

/** What one process knows of the mode. */
export class Mode {
  readonly #database: Promise<Database>;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #closed: boolean;
  #openUntilMs = 0;
  #reading: Promise<boolean> | undefined;
  #closing: Promise<void> | undefined;

  /** With `closed` this process is closed from the start, and sees to it that the others are. */
  constructor({ database, closed, log }: { database: Promise<Database>; closed: boolean; log: Log }) {
    this.#database = database;
    this.#closed = closed;
    this.#log = log;
    if (closed) void this.close();
    else void this.#poll();
  }

  /** Whether it is open, at once where that was seen lately. Throws UNAVAILABLE where the database does not say. */
  isOpen(): boolean | Promise<boolean> {
    if (this.#closed) return false;
    if (performance.now() < this.#openUntilMs) return true;
    return this.#look();
  }

  /** Closes it. When this answers no process takes it for open any more. */
  close(): Promise<void> {
    this.#closed = true;
    this.#closing ??= this.#write().then(() => delay(LEASE_MS, undefined, { ref: false }));
    return this.#closing;
  }

  stop(): void {
    this.#stopping.abort();
  }

  #look(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    const startedMs = performance.now();
    const closed = await asked(this.#database.then(readClosed));
    if (closed) this.#closed = true;
    else this.#openUntilMs = startedMs + LEASE_MS;
    return !this.#closed;
  }

  async #poll(): Promise<void> {
    while (!this.#closed && (await this.#pause(POLL_MS))) await this.#look().catch(() => undefined);
  }

  /** Goes on until the database takes it, or this process stops. */
  async #write(): Promise<void> {
    for (;;) {
      try {
        await writeClosed(await this.#database);
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#log.warn({ err: error }, 'the database does not take that the system is closed, trying again');
      }
      if (!(await this.#pause(RETRY_MS))) return;
    }
  }

  /** Whether to go on after it. */
  async #pause(ms: number): Promise<boolean> {
    const { signal } = this.#stopping;
    await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
    return !signal.aborted;
  }
}
