// How far another service's table is, known without asking that service: its log and the name of its history are looked at all the
// time while somebody asks, and what is answered says how old it may be. Reads only.

import type { Database } from './connection.ts';
import type { CommitDocument, LogCollection } from './log.ts';
import { type MarkCollection, type MarkDocument, MARKS } from './mark.ts';

export interface Head {
  /** The last revision, 0 if there is none. */
  readonly revision: number;
  /** Names the history of the table; empty while no service has opened it. */
  readonly log: string;
}

export interface LogHead {
  /** The head as it was at most `maxAgeMs` before this call, or later; undefined where that cannot be had within `waitMs`. */
  read(maxAgeMs: number, waitMs: number): Promise<Head | undefined>;
  close(): void;
}

const POLL_MS = 300;
const LOOK_MS = 2000;
/** Where nobody has asked for so long, the next who does waits for a look. */
const IDLE_MS = 5000;
/** A log is looked at in windows, because only those cost little on every server. */
const WINDOW = 10_000;

/** Begins to follow the head of a table's log. */
export function followHead(database: Pick<Database, 'collection'>, table: string): LogHead {
  return new Follower(database, table);
}

class Follower implements LogHead {
  readonly #table: string;
  readonly #log: LogCollection;
  readonly #marks: MarkCollection;
  readonly #timer: NodeJS.Timeout;
  #head: Head = { revision: 0, log: '' };
  /** When the look began that found it, by this process's own clock, which nobody sets. */
  #asOfMs = -Infinity;
  #askedMs = performance.now();
  #look: Promise<void> | undefined;

  constructor(database: Pick<Database, 'collection'>, table: string) {
    this.#table = table;
    this.#log = database.collection<CommitDocument>(`${table}_log`);
    this.#marks = database.collection<MarkDocument>(MARKS);
    this.#timer = setInterval(() => {
      if (performance.now() - this.#askedMs < IDLE_MS) void this.#lookOnce();
    }, POLL_MS);
    this.#timer.unref();
    void this.#lookOnce();
  }

  async read(maxAgeMs: number, waitMs: number): Promise<Head | undefined> {
    const calledMs = performance.now();
    this.#askedMs = calledMs;
    while (this.#asOfMs < calledMs - maxAgeMs) {
      const leftMs = calledMs + waitMs - performance.now();
      if (leftMs <= 0) return undefined;
      await soonerOf(this.#lookOnce(), leftMs);
    }
    return this.#head;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** One look at a time; never rejects. */
  #lookOnce(): Promise<void> {
    this.#look ??= this.#lookNow()
      .catch(() => soonerOf(new Promise(() => {}), POLL_MS / 3))
      .finally(() => (this.#look = undefined));
    return this.#look;
  }

  async #lookNow(): Promise<void> {
    const startedMs = performance.now();
    const options = { readConcern: { level: 'majority' }, timeoutMS: LOOK_MS } as const;
    const mark = await this.#marks.findOne({ _id: this.#table }, options);
    const log = mark?.log ?? '';
    // Another history may be shorter than the one before.
    let revision = log === this.#head.log ? this.#head.revision : 0;
    revision = Math.max(revision, mark?.folded ?? 0);
    for (;;) {
      const window = { _id: { $gt: revision, $lte: revision + WINDOW } };
      const found = this.#log.find(window, { ...options, projection: { _id: 1 } });
      const [last] = await found.sort({ _id: -1 }).limit(1).toArray();
      if (!last) break;
      revision = last._id;
    }
    this.#head = { revision, log };
    this.#asOfMs = startedMs;
  }
}

/** Waits for a promise that never rejects, but no longer than that. */
async function soonerOf(promise: Promise<void>, ms: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, over]);
  clearTimeout(timer);
}
