// The one way to write: commands wait in a queue; the writer takes all that wait, decides each in turn on the state at the log's
// head, and appends their commits with one insert. The unique revision is the only lock. After any error the log itself is asked
// what became of the insert. Design: etcd's revisions; group commit as databases do it.

import { setTimeout as delay } from 'node:timers/promises';
import { RpcError } from '@egg/rpc/errors';
import { type Answer, decideBatch } from './batch.ts';
import { bounded } from './bounded.ts';
import { type Command, type Outcome, sameRequest, Waiting } from './command.ts';
import { isDuplicate } from './duplicates.ts';
import type { Folder } from './folder.ts';
import { append, type LogCollection, readAfter, readKeys } from './log.ts';
import type { Commit, Fields, Idempotency, Row } from './record.ts';
import { readRows, type RowCollection } from './rows.ts';
import type { State } from './state.ts';

/** At most this many commands in one insert. */
const BATCH = 1000;
/** More than these do not wait: the caller is told to come again. */
const MOST_WAITING = 20_000;
const READ = 1000;
const RETRY_MS = 20;
const LONGEST_RETRY_MS = 500;
/** A revision that is taken and not to be read yet is no news for so long. */
const QUIET_RETRY_MS = 100;
/** How often what waits is held against its deadline. */
const EXPIRY_MS = 100;
const KEY_LIFE_MS = 24 * 60 * 60 * 1000;

export interface WriterParts<R extends Row> {
  readonly log: LogCollection;
  readonly rows: RowCollection;
  readonly state: State<R>;
  readonly folder: Folder<R>;
  readonly keyOf: (row: Fields<R>) => string;
  /** Called in order of the log for each commit that this replica learns of, before its writer is answered. */
  readonly onCommit: (commit: Commit<R>) => void;
  readonly logger: { warn(details: object, message: string): void };
}

export class Writer<R extends Row> {
  readonly #parts: WriterParts<R>;
  #queue: Waiting<R>[] = [];
  #active = false;
  #running = Promise.resolve();
  #closed = false;
  /** The log may hold what this replica has not read. */
  #stale = false;
  #commitIds = 0;
  readonly #commitPrefix = `${crypto.randomUUID()}-`;

  constructor(parts: WriterParts<R>) {
    this.#parts = parts;
  }

  /** Resolves when the command's commit is in the log and in the records. Throws RpcError. */
  submit(command: Command<R>): Promise<Outcome<R>> {
    if (this.#closed) throw new RpcError('UNAVAILABLE', 'the service is stopping');
    if (this.#queue.length >= MOST_WAITING)
      throw new RpcError('RESOURCE_EXHAUSTED', 'too many changes wait already');
    const waiting = new Waiting(command, this.#commitPrefix + ++this.#commitIds);
    this.#queue.push(waiting);
    this.#wake();
    return waiting.outcome;
  }

  /** Reads what others have appended. Resolves when the state holds everything that was in the log when this was called. */
  async catchUp(deadline: number): Promise<void> {
    await this.submit({ origin: NOBODY, deadline, decide: () => ({ verb: '' }) });
  }

  /** Lets what waits be done, then takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  #wake(): void {
    if (this.#active) return;
    this.#active = true;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      // Everything that arrives in this turn of the event loop goes into the same insert.
      await new Promise(setImmediate);
      const batch = this.#queue.splice(0, BATCH);
      // The database may hold an attempt for long: whose time is over is told meanwhile, also of those that wait behind.
      const timer = setInterval(() => expireLate([...batch, ...this.#queue]), EXPIRY_MS);
      try {
        await this.#commit(batch);
      } catch (error) {
        this.#stale = true;
        for (const waiting of batch) waiting.refuse(error);
      } finally {
        clearInterval(timer);
      }
    }
    this.#active = false;
  }

  /** Tries until each command of the batch is answered, or late. */
  async #commit(batch: Waiting<R>[]): Promise<void> {
    let left = batch;
    let retry = RETRY_MS;
    while (left.length > 0) {
      left = stillOpen(left);
      const { head } = this.#parts.state;
      const verified = this.#stale;
      try {
        if (this.#stale) left = await this.#readLog(left);
        left = await this.#attempt(left, verified);
        retry = RETRY_MS;
      } catch (error) {
        this.#stale = true;
        // Another writer was first: its commit is there to be read, at once or as soon as a majority has it.
        if (isDuplicate(error) && this.#parts.state.head > head) continue;
        if (!isDuplicate(error) || retry > QUIET_RETRY_MS)
          this.#parts.logger.warn({ err: error }, 'the log could not be reached, trying again');
        await delay(retry);
        retry = Math.min(retry * 2, LONGEST_RETRY_MS);
      }
    }
  }

  /**
   * Decides and appends once. Answers with those that are left. `verified` says that the state was the log's head since these
   * commands came. Throws what the database throws: the outcome is then unknown.
   */
  async #attempt(batch: Waiting<R>[], verified: boolean): Promise<Waiting<R>[]> {
    const { log, state } = this.#parts;
    const base = state.base(await this.#readRows(batch));
    const repeats = await this.#readRepeats(batch);
    const { keyOf } = this.#parts;
    const decided = decideBatch(batch, base, { repeats, keyOf, at: this.#now(), changed: state.changed });
    const commits = decided.accepted.map(({ commit }) => commit);
    if (commits.length > 0) {
      for (const { waiting } of decided.accepted) waiting.tried = true;
      await bounded(append(log, commits));
      this.#learn(commits, 'own');
    } else if (!verified) {
      // A refusal holds only for the head of the log, and no insert has shown that this is it.
      const { head } = state;
      const rest = await this.#readLog(batch);
      if (state.head !== head) return this.#attempt(rest, true);
    }
    this.#answer([...decided.accepted, ...decided.repeated]);
    for (const settle of decided.settled) settle();
    return decided.later;
  }

  /** Reads the log to its end. Answers those whose commit is there, and returns the others. */
  async #readLog(batch: Waiting<R>[]): Promise<Waiting<R>[]> {
    const waiting = new Map(batch.map((one) => [one.commitId, one]));
    for (;;) {
      const commits = await bounded(readAfter<R>(this.#parts.log, this.#parts.state.head, READ));
      if (commits.length === 0) break;
      const known = commits.flatMap((commit) => {
        const one = waiting.get(commit.commitId);
        waiting.delete(commit.commitId);
        return one ? [{ waiting: one, commit }] : [];
      });
      this.#learn(commits, known.length > 0 ? 'own' : 'foreign');
      this.#answer(known);
    }
    this.#stale = false;
    return [...waiting.values()];
  }

  #learn(commits: readonly Commit<R>[], whose: 'own' | 'foreign'): void {
    for (const commit of commits) {
      this.#parts.state.apply(commit);
      this.#parts.onCommit(commit);
    }
    if (whose === 'own') void this.#parts.folder.fold(commits);
    else this.#parts.folder.adopt(commits);
  }

  /** Answers when the records have the commits; meanwhile the next batch goes on. */
  #answer(answers: readonly Answer<R>[]): void {
    if (answers.length === 0) return;
    for (const { waiting } of answers) waiting.known = true;
    const timer = setInterval(() => expireLate(answers.map(({ waiting }) => waiting)), EXPIRY_MS);
    void this.#parts.folder.flush().then(() => {
      clearInterval(timer);
      for (const { waiting, commit } of answers) waiting.done(commit);
    });
  }

  /** The records that the batch looks at, as they are at the head. */
  async #readRows(batch: readonly Waiting<R>[]): Promise<ReadonlyMap<number, R>> {
    const { state, rows } = this.#parts;
    const ids = new Set<number>();
    for (const { command } of batch) {
      for (const id of command.ids ?? []) ids.add(id);
      for (const key of command.keys ?? []) {
        const id = state.keys.get(key);
        if (id !== undefined) ids.add(id);
      }
    }
    const found = new Map<number, R>();
    const wanted: number[] = [];
    for (const id of ids) {
      const unfolded = state.unfolded(id);
      if (unfolded === undefined) wanted.push(id);
      else if (unfolded.row) found.set(id, unfolded.row);
    }
    for (const row of await bounded(readRows<R>(rows, wanted))) found.set(row.id, row);
    return found;
  }

  async #readRepeats(batch: readonly Waiting<R>[]): Promise<Commit<R>[]> {
    const keys = batch.flatMap(({ command }) => command.origin.idempotency?.key ?? []);
    if (keys.length === 0) return [];
    return bounded(readKeys<R>(this.#parts.log, keys, new Date(Date.now() - KEY_LIFE_MS)));
  }

  /** The commit that the same request made before. Throws ALREADY_EXISTS where its key was used for another. */
  async repeated(idempotency: Idempotency, deadline: number): Promise<Commit<R> | undefined> {
    const since = new Date(Date.now() - KEY_LIFE_MS);
    const commits = await bounded(readKeys<R>(this.#parts.log, [idempotency.key], since));
    const found = commits.find(
      (commit) => commit.idempotency && sameRequest(commit.idempotency, idempotency),
    );
    // Who is answered has to find it in lists.
    if (found) await this.catchUp(deadline);
    return found;
  }

  /** The time of the next commit: never before the last one, also where clocks differ. */
  #now(): Date {
    return new Date(Math.max(Date.now(), this.#parts.state.at.getTime()));
  }
}

const NOBODY = { actor: '', from: '', requestId: '' };

/** Those that have to be decided yet. The others were found in the log, or are told now that their time is over. */
function stillOpen<R extends Row>(batch: readonly Waiting<R>[]): Waiting<R>[] {
  return batch.filter((waiting) => {
    if (waiting.known) return false;
    const { late } = waiting;
    if (late) waiting.expire();
    return !late;
  });
}

function expireLate<R extends Row>(batch: readonly Waiting<R>[]): void {
  for (const waiting of batch) if (waiting.late) waiting.expire();
}
