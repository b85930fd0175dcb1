// A large act (an import, a revert) as a row of commits, each bounded in changes and bytes, each decided on the state before it.
// A few commits are under way at once, so that the database is not idle between them; no more, so memory does not grow with the act.

import type { Command, Outcome } from './command.ts';
import type { Commit, Origin, Row } from './record.ts';
import type { View } from './view.ts';

/** At most this many changes in one commit, and about this many bytes. */
const CHANGES = 1000;
const BYTES = 512 * 1024;
/** So many commits may be under way. */
const AHEAD = 4;
/** How long one commit may take, whatever time the act has. */
const COMMIT_MS = 60_000;

export interface Act<R extends Row, Item, Note = void> {
  /** In batches of any size. They are asked for as fast as the commits are made. */
  readonly items: AsyncIterable<readonly Item[]> | Iterable<readonly Item[]>;
  readonly verb: string;
  readonly origin: Origin;
  /** Epoch milliseconds; Infinity where the caller waits as long as it takes. */
  readonly deadline: number;
  /** Aborted, no more commits are begun. */
  readonly signal?: AbortSignal;
  /** At most this many items in one commit: 1000, or fewer. */
  readonly commitItems?: number;
  /** Decide, and write nothing. */
  readonly isDry?: boolean;
  /** The records and keys that deciding an item looks at. */
  readonly needs: (item: Item) => { ids?: readonly number[]; keys?: readonly string[] };
  /** Decides one item in the view, or leaves it as it is. May be called again for the same item on a later state. */
  readonly decide: (view: View<R>, item: Item) => Note;
  /** Told once of each item what was decided at last, when it is durable. */
  readonly done?: (decided: Decided<R, Item, Note>) => void | Promise<void>;
}

/** What one commit was made of; no commit where nothing changed. */
export interface Decided<R extends Row, Item, Note> {
  readonly items: readonly Item[];
  /** What `decide` said of each. */
  readonly notes: readonly Note[];
  readonly commit?: Commit<R>;
}

interface Submitting<R extends Row> {
  submit(command: Command<R>): Promise<Outcome<R>>;
}

/**
 * Answers with the revision of the last commit, or undefined if nothing was changed. Throws what a decision, the source of the
 * items or `done` throws, or why the signal was aborted, when everything that was under way has ended.
 */
export async function actInCommits<R extends Row, Item, Note>(
  table: Submitting<R>,
  act: Act<R, Item, Note>,
): Promise<number | undefined> {
  const underWay: Promise<void>[] = [];
  let revision: number | undefined;
  let fault: { thrown: unknown } | undefined;
  const begin = async (items: readonly Item[]): Promise<void> => {
    try {
      const last = await submitAll(table, act, items);
      revision = Math.max(revision ?? 0, last ?? 0) || undefined;
    } catch (thrown) {
      fault ??= { thrown };
    }
  };
  try {
    for await (const items of inChunks(act.items, act.commitItems ?? CHANGES)) {
      underWay.push(begin(items));
      if (underWay.length >= AHEAD) await underWay.shift();
      if (fault) break;
    }
  } finally {
    await Promise.all(underWay);
  }
  if (fault) throw fault.thrown;
  return revision;
}

async function* inChunks<Item>(
  batches: AsyncIterable<readonly Item[]> | Iterable<readonly Item[]>,
  size: number,
): AsyncGenerator<Item[]> {
  let chunk: Item[] = [];
  for await (const batch of batches) {
    for (const item of batch) {
      chunk.push(item);
      if (chunk.length < size) continue;
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** One commit, or several where the changes are large. */
async function submitAll<R extends Row, Item, Note>(
  table: Submitting<R>,
  act: Act<R, Item, Note>,
  items: readonly Item[],
): Promise<number | undefined> {
  let revision: number | undefined;
  for (let rest = items; rest.length > 0;) {
    act.signal?.throwIfAborted();
    const decided = await submitSome(table, act, rest);
    await act.done?.(decided);
    revision = decided.commit?.revision ?? revision;
    rest = rest.slice(decided.items.length);
  }
  return revision;
}

async function submitSome<R extends Row, Item, Note>(
  table: Submitting<R>,
  act: Act<R, Item, Note>,
  items: readonly Item[],
): Promise<Decided<R, Item, Note>> {
  const ids: number[] = [];
  const keys: string[] = [];
  for (const item of items) {
    const needs = act.needs(item);
    if (needs.ids) ids.push(...needs.ids);
    if (needs.keys) keys.push(...needs.keys);
  }
  // A row of commits is not the one commit that an idempotency key stands for.
  const { idempotency: _, ...origin } = act.origin;
  let notes: Note[] = [];
  const { commit } = await table.submit({
    origin,
    deadline: Math.min(act.deadline, Date.now() + COMMIT_MS),
    ids,
    keys,
    decide: (given) => {
      const view = act.isDry === true ? given.scratch() : given;
      notes = [];
      for (const item of items) {
        notes.push(act.decide(view, item));
        if (view.weight > BYTES) break;
      }
      return { verb: act.verb };
    },
  });
  return { items: items.slice(0, notes.length), notes, ...(commit && { commit }) };
}
