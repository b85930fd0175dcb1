// Writes to the records what the log says, and remembers how far it is. Any replica may fold any commit, again and out of step:
// a row never goes back. A commit of another replica is left for its writer unless that one seems to be gone.

import { setTimeout as delay } from 'node:timers/promises';
import { bounded } from './bounded.ts';
import type { Commit, Row } from './record.ts';
import type { Latest, RowCollection } from './rows.ts';
import { writeRows } from './write-rows.ts';
import type { Mark } from './mark.ts';

/** How long the writer of a commit has to fold it before others do. */
const GRACE_MS = 1000;
/** How often the mark is written at most. It only says where a start begins. */
const MARK_EVERY_MS = 200;
/** More than writing the records of many commits takes. */
const WRITE_MS = 15_000;
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 1000;

export class Folder<R extends Row> {
  readonly #rows: RowCollection;
  readonly #mark: Mark;
  readonly #onFolded: (revision: number) => void;
  readonly #log: { warn(details: object, message: string): void };
  readonly #stop = new AbortController();
  #queue: Commit<R>[] = [];
  /** True from the first commit in the queue to the moment that none is left, with no turn of the event loop in between. */
  #active = false;
  #running = Promise.resolve();
  #waiters: { revision: number; resolve: () => void }[] = [];
  #foldedTo = 0;
  /** The last revision that came in; it may be in the queue or on its way to the records. */
  #takenTo = 0;
  #marked = 0;
  #markTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(options: {
    rows: RowCollection;
    mark: Mark;
    onFolded: (revision: number) => void;
    log: { warn(details: object, message: string): void };
  }) {
    this.#rows = options.rows;
    this.#mark = options.mark;
    this.#onFolded = options.onFolded;
    this.#log = options.log;
  }

  get foldedTo(): number {
    return this.#foldedTo;
  }

  /** Says how far the records are known to be folded already. */
  startAt(revision: number): void {
    this.#foldedTo = revision;
    this.#takenTo = revision;
    this.#marked = revision;
  }

  /** Takes commits of this process, in the order of the log; resolves when the records have them. */
  fold(commits: readonly Commit<R>[]): Promise<void> {
    this.#take(commits);
    return this.flush();
  }

  /** Takes commits that another process wrote, and folds them after a while if that one does not. */
  adopt(commits: readonly Commit<R>[]): void {
    this.#take(commits);
    if (this.#queue.length > 0) this.#graceTimer ??= setTimeout(() => void this.#afterGrace(), GRACE_MS);
  }

  /** Resolves when everything taken so far is in the records. Never rejects: it tries until it is stopped. */
  flush(): Promise<void> {
    if (this.#takenTo <= this.#foldedTo) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ revision: this.#takenTo, resolve });
    if (!this.#active) {
      this.#active = true;
      this.#running = this.#run();
    }
    return promise;
  }

  /** Folds what is left, writes the mark and ends. With the database away it gives up at once. */
  async close(): Promise<void> {
    clearTimeout(this.#graceTimer);
    clearTimeout(this.#markTimer);
    this.#stop.abort();
    await this.#running;
    await this.#writeMark().catch(() => undefined);
  }

  #take(commits: readonly Commit<R>[]): void {
    this.#queue.push(...commits);
    this.#takenTo = Math.max(this.#takenTo, commits.at(-1)?.revision ?? 0);
  }

  async #run(): Promise<void> {
    for (let retry = RETRY_MS; this.#queue.length > 0;) {
      const commits = this.#queue;
      this.#queue = [];
      try {
        await bounded(writeRows(this.#rows, collapse(commits)), WRITE_MS);
        this.#finished(commits.at(-1)?.revision ?? 0);
        retry = RETRY_MS;
      } catch (error) {
        this.#queue = [...commits, ...this.#queue];
        if (this.#stop.signal.aborted) break;
        this.#log.warn({ err: error }, 'the records could not be written, trying again');
        await delay(retry, undefined, { signal: this.#stop.signal }).catch(() => undefined);
        retry = Math.min(retry * 2, LONGEST_RETRY_MS);
      }
    }
    this.#active = false;
  }

  #finished(revision: number): void {
    this.#foldedTo = Math.max(this.#foldedTo, revision);
    this.#onFolded(this.#foldedTo);
    const done = this.#waiters.filter((waiter) => waiter.revision <= this.#foldedTo);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.#foldedTo);
    for (const { resolve } of done) resolve();
    if (!this.#stop.signal.aborted)
      this.#markTimer ??= setTimeout(() => void this.#markLater(), MARK_EVERY_MS);
  }

  async #markLater(): Promise<void> {
    this.#markTimer = undefined;
    // A mark that is behind costs a start some folding, so an error here needs no other care.
    await this.#writeMark().catch(() => undefined);
  }

  async #writeMark(): Promise<void> {
    if (this.#foldedTo <= this.#marked) return;
    const revision = this.#foldedTo;
    await this.#mark.raise(revision);
    this.#marked = Math.max(this.#marked, revision);
  }

  async #afterGrace(): Promise<void> {
    this.#graceTimer = undefined;
    try {
      const marked = await this.#mark.read();
      if (!this.#active) this.#skipTo(marked);
    } catch {
      // The database is away: what is in the queue stays there, and is looked at again.
    }
    if (this.#stop.signal.aborted || this.#queue.length === 0) return;
    const oldest = this.#queue[0];
    if (oldest && Date.now() - oldest.at.getTime() >= GRACE_MS) await this.flush();
    else this.adopt([]);
  }

  /** Drops what another process has folded. */
  #skipTo(marked: number): void {
    if (marked <= this.#foldedTo) return;
    this.#queue = this.#queue.filter(({ revision }) => revision > marked);
    this.#marked = Math.max(this.#marked, marked);
    this.#foldedTo = Math.max(this.#foldedTo, marked);
    this.#onFolded(this.#foldedTo);
  }
}

/** The last change of each id, and whether the record was there before the first. */
export function collapse(commits: readonly Commit[]): Latest[] {
  const latest = new Map<number, Latest>();
  for (const { revision, at, changes } of commits) {
    for (const change of changes) {
      const fresh = latest.get(change.id)?.fresh ?? change.before === undefined;
      latest.set(change.id, { revision, at, change, fresh });
    }
  }
  return [...latest.values()];
}
