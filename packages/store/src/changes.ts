// What changed between two revisions, each record once, in its latest state: from the log, newest first, so that the first sight
// of an id is its latest. Costs what has changed, not what the table holds.

import { RpcError } from '@egg/rpc/errors';
import { IdSet } from './id-set.ts';
import { type LogCollection, readBackwards, readCommit } from './log.ts';
import { windowAt } from './paging.ts';
import { type Change, type Commit, type Row, weightOfRow } from './record.ts';
import type { RowCollection } from './rows.ts';
import type { State } from './state.ts';

export interface Delta<R extends Row> {
  readonly from: number;
  readonly to: number;
  /** `added` is the whole table at `to`. */
  readonly snapshot: boolean;
  /** All that was added or changed comes before all that was removed. */
  readonly chunks: AsyncIterable<DeltaChunk<R>>;
}

export interface DeltaChunk<R extends Row> {
  readonly added?: R[];
  readonly removed?: R[];
}

interface Sources<R extends Row> {
  readonly log: LogCollection;
  readonly rows: RowCollection;
  readonly state: State<R>;
}

const CHUNK = 1000;
const CHUNK_BYTES = 1024 * 1024;
/** Snapshots are read by windows of this many ids. */
const WINDOW = 500;

/**
 * The changes after revision `since` up to `to`, or up to the head. A snapshot where `since` is 0, or where the delta would be
 * larger than the table. Throws OUT_OF_RANGE for a revision that is in the future.
 */
export async function readChanges<R extends Row>(
  sources: Sources<R>,
  since: number,
  to: number = sources.state.head,
): Promise<Delta<R>> {
  const { head } = sources.state;
  if (since > head)
    throw new RpcError(
      'OUT_OF_RANGE',
      `since ${since} is in the future: the table is at ${head}`,
      fault('since'),
    );
  if (to > head)
    throw new RpcError('OUT_OF_RANGE', `to ${to} is in the future: the table is at ${head}`, fault('to'));
  if (to < since) throw new RpcError('OUT_OF_RANGE', `to ${to} is before since ${since}`, fault('to'));
  const end = await numbersAt(sources, to);
  const snapshot = since === 0 || (since < to && (await isLarger(sources, since, to, end)));
  return {
    from: since,
    to,
    snapshot,
    chunks: snapshot ? wholeTable(sources, to, end.lastId) : delta(sources, since, to),
  };
}

function fault(field: string): { violations: { field: string; reason: string }[] } {
  return { violations: [{ field, reason: 'is out of range' }] };
}

interface Numbers {
  readonly lastId: number;
  readonly count: number;
  readonly changed: number;
}

async function numbersAt<R extends Row>({ log, state }: Sources<R>, revision: number): Promise<Numbers> {
  if (revision === 0) return { lastId: 0, count: 0, changed: 0 };
  const commit = state.recent(revision - 1, 1)?.[0] ?? (await readCommit<R>(log, revision));
  if (!commit) throw new Error(`the log has no revision ${revision}`);
  return commit;
}

/** Whether more records changed than the table holds. The ids are counted only where the numbers alone do not tell. */
async function isLarger<R extends Row>(
  sources: Sources<R>,
  since: number,
  to: number,
  end: Numbers,
): Promise<boolean> {
  const start = await numbersAt(sources, since);
  if (end.changed - start.changed <= end.count) return false;
  const told = new Told();
  for await (const { changes } of backwards(sources, since, to)) {
    for (const change of changes) told.visit(change);
    if (told.size > end.count) return true;
  }
  return false;
}

/** Which records a delta tells of, from the changes, newest first. */
class Told {
  readonly #seen = new IdSet();
  readonly #absent = new IdSet();
  #added = 0;
  /** What is not there now and, as far as was seen, was there before. */
  readonly gone = new IdSet();

  get size(): number {
    return this.#added + this.gone.size;
  }

  /** Whether this is the latest change of its record. */
  visit({ id, before, after }: Change): boolean {
    const isLatest = this.#seen.add(id);
    if (isLatest && after) this.#added++;
    else if (isLatest) this.#absent.add(id);
    // The oldest of its changes says at last whether whoever asks has it: a record that came and went is nothing to it.
    if (this.#absent.has(id)) {
      if (before) this.gone.add(id);
      else this.gone.delete(id);
    }
    return isLatest;
  }
}

async function* delta<R extends Row>(
  sources: Sources<R>,
  since: number,
  to: number,
): AsyncGenerator<DeltaChunk<R>> {
  const told = new Told();
  const added = new Chunk<R>();
  for await (const { changes } of backwards(sources, since, to)) {
    for (const change of changes) {
      if (told.visit(change) && change.after && added.push(change.after)) yield { added: added.take() };
    }
  }
  if (added.size > 0) yield { added: added.take() };
  if (told.gone.size > 0) yield* removals(sources, since, to, told.gone);
}

/** What was removed, as it last was. Read a second time, so that no more than the ids had to be kept. */
async function* removals<R extends Row>(
  sources: Sources<R>,
  since: number,
  to: number,
  gone: IdSet,
): AsyncGenerator<DeltaChunk<R>> {
  const removed = new Chunk<R>();
  for await (const { changes } of backwards(sources, since, to)) {
    for (const { id, before } of changes) {
      if (before && gone.delete(id) && removed.push(before)) yield { removed: removed.take() };
    }
    if (gone.size === 0) break;
  }
  if (removed.size > 0) yield { removed: removed.take() };
}

async function* wholeTable<R extends Row>(
  sources: Sources<R>,
  to: number,
  lastId: number,
): AsyncGenerator<DeltaChunk<R>> {
  const added = new Chunk<R>();
  for (let after = 0; after < lastId; after += WINDOW) {
    for (const row of await windowAt<R>(sources, to, { after, to: Math.min(after + WINDOW, lastId) })) {
      if (added.push(row)) yield { added: added.take() };
    }
  }
  if (added.size > 0) yield { added: added.take() };
}

/** The commits in `(since, to]`, newest first; from memory where they are held there. */
function backwards<R extends Row>(
  { log, state }: Sources<R>,
  since: number,
  to: number,
): Iterable<Commit<R>> | AsyncIterable<Commit<R>> {
  return state.recent(since, to - since)?.toReversed() ?? readBackwards<R>(log, since, to);
}

/** Records on their way out, bounded in number and bytes. */
class Chunk<R extends Row> {
  #rows: R[] = [];
  #bytes = 0;

  get size(): number {
    return this.#rows.length;
  }

  /** True when it is time to take them. */
  push(row: R): boolean {
    this.#rows.push(row);
    this.#bytes += weightOfRow(row);
    return this.#rows.length >= CHUNK || this.#bytes >= CHUNK_BYTES;
  }

  take(): R[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return rows;
  }
}
