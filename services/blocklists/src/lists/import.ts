// Takes a list as a stream into a blocklist, by rows of commits in the order that protects: while the list comes in, what adds
// protection is done and what takes it away is put aside; when all of it is there, allows that the list has no more go, and only
// then come the rest. Memory holds a bit for each entry at most. Broken off, the same list again ends the same.

import { RpcError } from '@egg/rpc/errors';
import { type Decided, type Fields, IdSet, type Origin, type Table } from '@egg/store';
import type { LineReader } from '../domain/lists/listed.ts';
import { LineSplitter } from '../domain/lists/split.ts';
import { decideListed, decideUnlisted, isRestored, type Note } from './decide.ts';
import { type Entry, type Item, reviveItem, toItem } from './entry.ts';
import { HashSet } from './hash-set.ts';
import { ImportReport } from './report.ts';
import { Spool } from './spool.ts';

export interface ImportOptions<E extends Entry> {
  readonly table: Table<E>;
  readonly read: LineReader<object>;
  /** In bytes. */
  readonly longestLine: number;
  /** Who puts the entries there, in place of whoever the list names. */
  readonly source?: string;
  /** Entries of the source that the list does not have are dropped. Needs `source`. */
  readonly isReplace: boolean;
  readonly isDry: boolean;
  /** Entries keep their ids and ages. Needs a table without others. */
  readonly isRestore: boolean;
  readonly origin: Origin;
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** At most this many entries in one commit: 1000, or fewer. */
  readonly commitItems?: number;
}

export class Import<E extends Entry> {
  readonly report = new ImportReport();
  readonly #options: ImportOptions<E>;
  readonly #lines: LineSplitter;
  readonly #later = new Spool<Item<E>>((value) => reviveItem(value));
  /** Records that the list has. Only where others are dropped. */
  readonly #listed = new IdSet();
  /** Keys that a dry run has counted, since it leaves no trace in the table. */
  readonly #counted = new HashSet();

  constructor(options: ImportOptions<E>) {
    this.#options = options;
    this.#lines = new LineSplitter(options.longestLine);
  }

  /** Answers when all is durable. Throws RpcError; what was committed by then stays. */
  async run(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const { table, isReplace, isRestore } = this.#options;
    try {
      await table.follow();
      const isFresh = !isRestore || table.count === 0;
      await this.#take(isFresh ? this.#items(pieces) : await this.#resumed(pieces), false);
      if (isReplace) this.#refuseUnreadable();
      const unlisted = isReplace ? await this.#unlisted() : new IdSet();
      await this.#drop(unlisted, false);
      await this.#take(this.#later.batches(), true);
      await this.#drop(unlisted, true);
    } finally {
      await this.#later.close();
    }
  }

  async *#items(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Item<E>[]> {
    for await (const piece of pieces) yield this.#read(this.#lines.push(piece));
    yield this.#read(this.#lines.end());
  }

  #read(lines: ReturnType<LineSplitter['push']>): Item<E>[] {
    const items: Item<E>[] = [];
    for (const one of lines) {
      if (one.reason !== undefined) {
        this.report.refuse(one.line, one.reason);
        continue;
      }
      const { entries, reasons } = this.#options.read(one.text);
      for (const entry of entries) items.push(toItem<E>(entry, one.line, this.#options.source));
      for (const reason of reasons) this.report.refuse(one.line, reason);
    }
    this.report.lines = this.#lines.lines;
    return items;
  }

  async #take(items: AsyncIterable<readonly Item<E>[]>, isFinal: boolean): Promise<void> {
    const { table, isReplace } = this.#options;
    await table.act<Item<E>, Note>({
      ...this.#act(),
      items,
      needs: ({ fields, kept }) => ({ keys: [table.keyOf(fields)], ...(kept && { ids: [kept.id] }) }),
      decide: (view, item) => decideListed(view, item, { isOwner: isReplace, isFinal }),
      done: (decided) => this.#count(decided),
    });
  }

  async #count({ items, notes }: Decided<E, Item<E>, Note>): Promise<void> {
    for (const [index, item] of items.entries()) {
      const { kind, id, reason = '' } = notes[index] as Note;
      if (id !== undefined && this.#options.isReplace) this.#listed.add(id);
      if (kind === 'later') await this.#later.push(item);
      else if (kind === 'refused') this.report.refuse(item.line, reason);
      else this.report.count(this.#isCounted(item.fields) ? 'existing' : kind);
    }
  }

  #isCounted(fields: Fields<E>): boolean {
    return this.#options.isDry && !this.#counted.add(this.#options.table.keyOf(fields));
  }

  /** The records of the source that the list does not have. */
  async #unlisted(): Promise<IdSet> {
    const { table, source } = this.#options;
    const unlisted = new IdSet();
    for await (const rows of table.scan({ sources: source }, ['action'])) {
      for (const { id } of rows) if (!this.#listed.has(id)) unlisted.add(id);
    }
    return unlisted;
  }

  async #drop(unlisted: IdSet, isFinal: boolean): Promise<void> {
    const { source = '' } = this.#options;
    await this.#options.table.act<number, Note>({
      ...this.#act(),
      items: inBatches(unlisted),
      needs: (id) => ({ ids: [id] }),
      decide: (view, id) => decideUnlisted(view, id, { source, isFinal }),
      done: ({ notes }) => {
        for (const { kind, id = 0 } of notes) {
          if (kind !== 'later') unlisted.delete(id);
          this.report.count(kind);
        }
      },
    });
  }

  /** A restore that was broken off goes on: all that the table has must be what the list has. Reads the list to its end first. */
  async #resumed(pieces: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Item<E>[]>> {
    const { table } = this.#options;
    const whole = new Spool<Item<E>>((value) => reviveItem(value));
    const found = new IdSet();
    await table.act<Item<E>, boolean>({
      ...this.#act(),
      isDry: true,
      items: this.#items(pieces),
      needs: ({ kept }) => ({ ids: kept ? [kept.id] : [] }),
      decide: (view, item) => isRestored(view, item),
      done: async ({ items, notes }) => {
        for (const [index, item] of items.entries()) {
          if (notes[index] === true && item.kept) found.add(item.kept.id);
          await whole.push(item);
        }
      },
    });
    if (found.size === table.count) return closing(whole);
    await whole.close();
    throw new RpcError('FAILED_PRECONDITION', 'the table has other entries: a restore needs an empty one', {
      violations: [{ field: 'restore', reason: 'needs an empty table' }],
    });
  }

  /** A page of an error in place of a list must not empty a source. */
  #refuseUnreadable(): void {
    const { added, existing, refused } = this.report.counts();
    if (refused === 0 || added + existing + this.#later.size > 0) return;
    throw new RpcError('INVALID_ARGUMENT', 'no line of the list could be read, so nothing is replaced', {
      violations: [
        { field: 'content', reason: `line ${this.report.errors[0]?.line} ${this.report.errors[0]?.reason}` },
      ],
    });
  }

  #act() {
    const { origin, deadline, signal, isDry, commitItems } = this.#options;
    return {
      verb: 'imported',
      origin,
      deadline,
      signal,
      isDry,
      ...(commitItems !== undefined && { commitItems }),
    };
  }
}

function* inBatches(ids: Iterable<number>): Generator<number[]> {
  let batch: number[] = [];
  for (const id of ids) {
    if (batch.push(id) < 1000) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* closing<Item>(spool: Spool<Item>): AsyncGenerator<Item[]> {
  try {
    yield* spool.batches();
  } finally {
    await spool.close();
  }
}
