// A table: its commit log, the fold of it, and everything that follows from the log. Written once for every table.

import { RpcError } from '@egg/rpc/errors';
import { type Act, actInCommits } from './act.ts';
import { type Delta, readChanges } from './changes.ts';
import type { Command, Outcome } from './command.ts';
import type { Database } from './connection.ts';
import { Expiry } from './expiry.ts';
import { Folder } from './folder.ts';
import type { Follower } from './follower.ts';
import { type CommitDocument, type LogCollection, prepareLog, readAfter, readTouching } from './log.ts';
import { Mark, type MarkDocument, MARKS } from './mark.ts';
import type { PageQuery } from './page-query.ts';
import { type Page, readPage, windowAt } from './paging.ts';
import { type Commit, type Fields, type Origin, type Row, weightOf } from './record.ts';
import { recover } from './recovery.ts';
import { readRows, readWindow, type RowCollection, type RowDocument } from './rows.ts';
import { type Revert, type RevertCounts, revertTable } from './revert.ts';
import { State } from './state.ts';
import { Tombstones } from './tombstones.ts';
import { Writer } from './writer.ts';
import { KEY_SEPARATOR } from './keys.ts';

export interface TableOptions<R extends Row> {
  readonly name: string;
  /** The fields that are unique together. The first of them is the one that `q` looks in. */
  readonly key: readonly (keyof Fields<R> & string)[];
  /** A key field in the form that it is compared in. By default as it is. */
  readonly keyPart?: (field: string, value: string) => string;
  /** The field that says when a record goes by itself. */
  readonly expiry?: keyof Fields<R> & string;
  /** Filled while the table opens, and from then on told of each commit before its writer is answered. */
  readonly followers?: readonly Follower<R>[];
  readonly database: Pick<Database, 'collection'>;
  readonly log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
}

/** How often a replica looks for what others have written. */
const FOLLOW_MS = 400;
const FOLLOW_WITHIN_MS = 5000;
const PURGE_EVERY_MS = 10 * 60 * 1000;
const SCAN = 5000;
const HISTORY_BYTES = 1.2 * 1024 * 1024;

export class Table<R extends Row> {
  readonly name: string;
  readonly #options: TableOptions<R>;
  readonly #log: LogCollection;
  readonly #rows: RowCollection;
  readonly #mark: Mark;
  readonly #state: State<R>;
  readonly #folder: Folder<R>;
  readonly #writer: Writer<R>;
  readonly #followers: readonly Follower<R>[];
  readonly #expiry: Expiry<R> | undefined;
  readonly #listeners = new Set<(commit: Commit<R>) => void>();
  #history = '';
  #timers: NodeJS.Timeout[] = [];

  private constructor(options: TableOptions<R>) {
    const { name, database, log: logger } = options;
    this.name = name;
    this.#options = options;
    this.#log = database.collection<CommitDocument>(`${name}_log`);
    this.#rows = database.collection<RowDocument>(name);
    this.#mark = new Mark(database.collection<MarkDocument>(MARKS), name);
    const keyOf = (row: Fields<R>): string => this.keyOf(row);
    this.#state = new State<R>(keyOf);
    const [log, rows, state] = [this.#log, this.#rows, this.#state];
    this.#folder = new Folder<R>({
      rows,
      mark: this.#mark,
      onFolded: (revision) => state.folded(revision),
      log: logger,
    });
    const { expiry, followers = [] } = options;
    const submit = (command: Command<R>): Promise<Outcome<R>> => this.submit(command);
    this.#expiry = expiry && new Expiry<R>({ field: expiry, submit, log: logger });
    this.#followers = this.#expiry ? [this.#expiry, ...followers] : followers;
    const onCommit = (commit: Commit<R>): void => {
      for (const follower of this.#followers) follower.apply(commit);
      this.#listeners.forEach((listener) => listener(commit));
    };
    this.#writer = new Writer<R>({ log, rows, state, folder: this.#folder, keyOf, onCommit, logger });
  }

  /** Makes indexes, reads the table's keys, folds what a dead writer left, and follows the log from then on. */
  static async open<R extends Row>(options: TableOptions<R>): Promise<Table<R>> {
    const table = new Table(options);
    await prepareLog(table.#log);
    const mark = await table.#mark.open();
    table.#history = mark.log;
    await table.#recover(mark.folded);
    const tombstones = new Tombstones({ ...table.#parts(), mark: table.#mark, purged: mark.purged });
    const follow = setInterval(() => void table.follow().catch(() => undefined), FOLLOW_MS);
    const purge = setInterval(() => void tombstones.purge().catch(() => undefined), PURGE_EVERY_MS);
    table.#timers = [follow.unref(), purge.unref()];
    table.#expiry?.start();
    return table;
  }

  /** Names this history of the table. */
  get history(): string {
    return this.#history;
  }

  /** The head of the log as this replica knows it. */
  get revision(): number {
    return this.#state.head;
  }

  get count(): number {
    return this.#state.count;
  }

  /** Does one thing. Throws RpcError. */
  submit(command: Command<R>): Promise<Outcome<R>> {
    return this.#writer.submit(command);
  }

  /** Makes a commit that changes nothing: whoever follows the table looks again. Answers with its revision. Throws RpcError. */
  async touch(origin: Origin, deadline: number): Promise<number> {
    const { commit } = await this.submit({
      origin,
      deadline,
      decide: () => ({ verb: 'touched', always: true }),
    });
    return commit?.revision ?? this.revision;
  }

  /** The unique key of a record, in the form that it is compared in. */
  keyOf(row: Fields<R>): string {
    const { key, keyPart } = this.#options;
    return key
      .map((field) => (keyPart ? keyPart(field, String(row[field])) : String(row[field])))
      .join(KEY_SEPARATOR);
  }

  /** Who has this key, of which every field has to be named: from memory, as far as this replica has followed the log. */
  idOf(key: Partial<Fields<R>>): number | undefined {
    return this.#state.keys.get(this.keyOf(key as Fields<R>));
  }

  /** Brings this replica up to what is in the log now. Throws RpcError when that takes longer than to the deadline. */
  async follow(deadline = Date.now() + 5000): Promise<void> {
    await this.#writer.catchUp(deadline);
  }

  /** One record; undefined if there is none. With a revision, as it was then. */
  async get(id: number, revision?: number): Promise<R | undefined> {
    if (revision === undefined) return (await readRows<R>(this.#rows, [id]))[0];
    const sources = { rows: this.#rows, log: this.#log, state: this.#state };
    return (await windowAt<R>(sources, revision, { after: id - 1, to: id }))[0];
  }

  /** One record as the log has it, as far as this replica has followed it. */
  async current(id: number): Promise<R | undefined> {
    const unfolded = this.#state.unfolded(id);
    return unfolded ? unfolded.row : this.get(id);
  }

  /** The same of several, by id; without those that are not there. */
  async currentOf(ids: readonly number[]): Promise<Map<number, R>> {
    // Taken before the records are read, so that what is folded meanwhile is in one of the two.
    const unfolded = ids.map((id) => [id, this.#state.unfolded(id)] as const);
    const rows = new Map((await readRows<R>(this.#rows, ids)).map((row) => [row.id, row]));
    for (const [id, held] of unfolded) {
      if (!held || (rows.get(id)?.revision ?? 0) > held.revision) continue;
      if (held.row) rows.set(id, held.row);
      else rows.delete(id);
    }
    return rows;
  }

  /** The commit that a request with an idempotency key has made already. Throws ALREADY_EXISTS for a key of another request. */
  async repeated({ idempotency }: Origin, deadline: number): Promise<Commit<R> | undefined> {
    return idempotency && this.#writer.repeated(idempotency, deadline);
  }

  /** One page. Throws INVALID_ARGUMENT for a wrong cursor, OUT_OF_RANGE for a revision in the future. */
  async page(query: PageQuery, deadline?: number): Promise<Page<R>> {
    await this.follow(deadline);
    if (query.revision !== undefined) this.refuseFuture('revision', query.revision);
    const nameOf = (row: R): string => this.keyOf(row).split(KEY_SEPARATOR)[0] ?? '';
    const [first] = this.#options.key;
    const piece = query.piece !== undefined && first ? this.#part(first, query.piece) : undefined;
    const sources = { log: this.#log, rows: this.#rows, state: this.#state, nameOf };
    return readPage(sources, { ...query, ...(piece !== undefined && { piece }) });
  }

  /** What changed after a revision. Throws OUT_OF_RANGE for one in the future. */
  async changes(since: number, to?: number, deadline?: number): Promise<Delta<R>> {
    await this.follow(deadline);
    return readChanges({ log: this.#log, rows: this.#rows, state: this.#state }, since, to);
  }

  /** Commits that touched a record, oldest first, after a revision; ends early where they are large. */
  async touching(id: number, after: number, limit: number): Promise<{ commits: Commit<R>[]; more: boolean }> {
    const all = await readTouching<R>(this.#log, after, { after: id - 1, to: id }, limit + 1);
    let bytes = 0;
    const commits = all.slice(0, limit).filter((commit, index) => {
      bytes += weightOf({ changes: commit.changes.filter((change) => change.id === id) });
      return index === 0 || bytes <= HISTORY_BYTES;
    });
    return { commits, more: commits.length < all.length };
  }

  /** Throws OUT_OF_RANGE that names the field. */
  refuseFuture(field: string, revision: number): void {
    if (revision <= this.revision) return;
    throw new RpcError(
      'OUT_OF_RANGE',
      `${field} ${revision} is in the future: the table is at ${this.revision}`,
      {
        violations: [{ field, reason: 'is in the future' }],
      },
    );
  }

  /**
   * Does a large act as a row of commits: `decide` is given items in order until a commit is full. Each commit is decided on the state
   * just before it; broken off, what is done is done. Answers with the last commit's revision, or undefined if nothing changed.
   */
  act<Item, Note = void>(act: Act<R, Item, Note>): Promise<number | undefined> {
    return actInCommits(this, act);
  }

  /**
   * Makes the table what it was at a revision; see revert.ts. Answers with the head after it, and how many records came back, went
   * and changed. Throws OUT_OF_RANGE for a revision in the future.
   */
  async revert(revert: Revert<R>): Promise<RevertCounts & { revision: number }> {
    await this.follow(Math.min(revert.deadline, Date.now() + FOLLOW_WITHIN_MS));
    this.refuseFuture('revision', revert.revision);
    const counts = await revertTable({ log: this.#log, state: this.#state, table: this }, revert);
    return { revision: this.revision, ...counts };
  }

  /** The records that match, in windows of rising ids, each as it is when its window is read; with `fields` alone. */
  async *scan(filter: Readonly<Record<string, unknown>>, fields?: readonly string[]): AsyncGenerator<R[]> {
    await this.follow();
    for (let after = 0; after < this.#state.lastId; after += SCAN) {
      yield readWindow<R>(this.#rows, { after, to: after + SCAN }, { filter, ...(fields && { fields }) });
    }
  }

  /** For the relay: the log as a source of commits. */
  source(): {
    head(): Promise<number>;
    read(after: number, limit: number): Promise<readonly Commit<R>[]>;
    onCommit(listener: () => void): () => void;
  } {
    return {
      head: async () => {
        await this.follow();
        return this.#state.head;
      },
      read: async (after, limit) => this.#state.recent(after, limit) ?? readAfter<R>(this.#log, after, limit),
      onCommit: (listener) => this.onCommit(listener),
    };
  }

  /** Calls `listener` for each commit in order of the log, before its writer is answered. Answers with how to end it. */
  onCommit(listener: (commit: Commit<R>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends in order: what waits is written and folded. */
  async close(): Promise<void> {
    this.#timers.forEach(clearInterval);
    this.#expiry?.stop();
    await this.#writer.close();
    await this.#folder.close();
  }

  async #recover(folded: number): Promise<void> {
    const started = performance.now();
    const keyOf = (row: R): string => this.keyOf(row);
    const fields = this.#options.key;
    await recover({ ...this.#parts(), followers: this.#followers, keyOf, fields }, folded);
    const ms = Math.round(performance.now() - started);
    const { head, count } = this.#state;
    const found = { table: this.name, revision: head, records: count, folded: head - folded, ms };
    this.#options.log.info(found, 'table open');
  }

  #parts(): { log: LogCollection; rows: RowCollection; state: State<R>; folder: Folder<R> } {
    return { log: this.#log, rows: this.#rows, state: this.#state, folder: this.#folder };
  }

  #part(field: string, value: string): string {
    return this.#options.keyPart ? this.#options.keyPart(field, value) : value;
  }
}

/** Begins a new history of a table whose database came back from a copy. The services have to be started again. */
export async function renewHistory(database: Pick<Database, 'collection'>, table: string): Promise<void> {
  await new Mark(database.collection<MarkDocument>(MARKS), table).renew();
}
