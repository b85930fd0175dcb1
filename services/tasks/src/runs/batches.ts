// How executions change, so that every change is counted once whoever dies where: in four steps over two collections. (1) The run's
// progress takes a reservation, and with it the places that the batch needs among those in flight; (2) the executions change, each only
// on top of what was seen, and bear the batch's mark; (3) the progress counts what was made and drops the reservation, in one update,
// if it is still there; (4) the marks go. A batch that takes longer, be it that its replica has died, is counted by another from the
// marks that there are. As a write of it may still come, its reservation stays, with the executions that were counted, until all were
// or nobody can have it in hand any more. So a mark whose reservation is there and does not name it is not counted, and any other is.

import { randomUUID } from 'node:crypto';
import { RpcError } from '@egg/rpc/errors';
import { changeEach, insertUntaken, type OwnChange } from '@egg/store';
import { abortReason, type Move } from '../domain/progress.ts';
import { type Change, increments, moveOf, type Outcome } from './changes.ts';
import {
  DURABLE,
  type ExecutionCollection,
  type ExecutionDocument,
  MAJORITY,
  type ProgressCollection,
  type ProgressDocument,
  type Reservation,
} from './documents.ts';
import { type BatchRun, type Granted, isPending, reserve } from './reservations.ts';

export interface BatchesParts {
  readonly progress: ProgressCollection;
  readonly executions: ExecutionCollection;
  readonly now: () => Date;
  /** Told of each step before it is done; where it throws, this replica has died there. For tests. */
  readonly step?: (step: 'reserve' | 'write' | 'count' | 'clear') => Promise<void>;
}

/** After that a batch is given up. What was asked of the database by then is done within its own time limits. */
const LONGEST_MS = 5000;
/** By then nobody has it in hand any more: the database's connections give up what was asked in 12 s. */
export const LEFT_MS = 20_000;

export class ExecutionBatches {
  readonly #parts: BatchesParts;

  constructor(parts: BatchesParts) {
    this.#parts = parts;
  }

  /**
   * Makes some changes of one run's executions, each execution at most once. Answers with what became of each. Throws UNAVAILABLE where
   * that cannot be known now; what was done by then is counted later.
   */
  async make(run: BatchRun, changes: readonly Change[]): Promise<Map<Change, Outcome>> {
    const outcomes = new Map<Change, Outcome>(changes.map((change) => [change, 'refused']));
    const batch = randomUUID();
    const startedMs = performance.now();
    const enter = async (step: 'reserve' | 'write' | 'count' | 'clear'): Promise<void> => {
      await this.#parts.step?.(step);
      if (performance.now() - startedMs < LONGEST_MS) return;
      throw new RpcError('UNAVAILABLE', 'the database did not answer in time');
    };
    await enter('reserve');
    const reserved = await reserve(this.#parts, { run, batch, changes });
    if (!reserved) return outcomes;
    const { places, others } = reserved;
    const writing = reserved.granted.filter(
      ({ change: { before } }) => !before || !isPending(before, others),
    );
    for (const { change } of reserved.granted) outcomes.set(change, 'pending');
    await enter('write');
    const made = await this.#write(batch, writing);
    for (const { change, after } of writing) outcomes.set(change, made.has(after._id) ? after : 'lost');
    await enter('count');
    const moves = writing.filter(({ after }) => made.has(after._id)).map(moveOfGranted);
    const isCounted = await this.#count(run, { batch, n: places, counted: [] }, { moves, isLast: true });
    if (!isCounted) await this.#finishOwn(run, batch);
    await enter('clear');
    await this.#clear(batch, [...made]);
    return outcomes;
  }

  /**
   * Counts what was made of somebody else's batch. Once it is left, because nobody can have it in hand any more, the places that were not
   * used are given back. False where others were faster. Harmless to repeat.
   */
  async finish(run: BatchRun, reservation: Reservation, isLeft: boolean): Promise<boolean> {
    const { batch, counted, size } = reservation;
    const marked = await this.#parts.executions.find({ 'mark.batch': batch }, MAJORITY).toArray();
    const fresh = marked.filter((one) => isPending(one, [reservation]));
    const isLast = isLeft || counted.length + fresh.length === size;
    if (fresh.length === 0 && !isLast) return true;
    const moves = fresh.flatMap(({ wave, mark }): Move[] =>
      mark ? [{ from: mark.from, to: mark.to, wave }] : [],
    );
    const ids = fresh.map(({ _id }) => _id);
    if (!(await this.#count(run, reservation, { moves, ids, isLast }))) return false;
    await this.#clear(
      batch,
      marked.map(({ _id }) => _id),
    );
    return true;
  }

  /** Counts the rest of a batch of its own of which others have begun to: all of its writes are answered. */
  async #finishOwn(run: BatchRun, batch: string): Promise<void> {
    for (;;) {
      const at = await this.#parts.progress.findOne({ _id: run.id }, MAJORITY);
      const own = at?.reserved.find((one) => one.batch === batch);
      if (!own || (await this.finish(run, own, true))) return;
    }
  }

  /** Answers with the ids of those that are made. */
  async #write(batch: string, granted: readonly Granted[]): Promise<Set<string>> {
    if (granted.length === 0) return new Set();
    const { executions } = this.#parts;
    const ids = granted.map(({ after }) => after._id);
    const fresh = granted.flatMap((one) => (one.change.before ? [] : [marked(batch, one)]));
    const changes = granted.flatMap((one) => changeOf(batch, one) ?? []);
    const [inserted, changed] = await Promise.allSettled([
      insertNew(executions, fresh),
      changeEach(executions, changes, DURABLE),
    ]);
    // After such an error a write may still come; then the batch is left to be finished later.
    if (inserted.status === 'rejected') throw inserted.reason;
    if (changed.status === 'rejected') throw changed.reason;
    if (inserted.value + changed.value === ids.length) return new Set(ids);
    const found = executions.find(
      { _id: { $in: ids }, 'mark.batch': batch },
      { projection: { _id: 1 }, ...MAJORITY },
    );
    return new Set((await found.toArray()).map(({ _id }) => _id));
  }

  /** Counts some changes of a batch, if nobody has counted any since `counted` was read. The last of them end the reservation. */
  async #count(
    run: BatchRun,
    { batch, n, counted }: Pick<Reservation, 'batch' | 'n' | 'counted'>,
    {
      moves,
      ids = [],
      isLast,
    }: { readonly moves: readonly Move[]; readonly ids?: readonly string[]; readonly isLast: boolean },
  ): Promise<boolean> {
    const places = isLast ? n : moves.filter(({ to }) => to === 'sent').length;
    const sums = increments(moves, places);
    const update = isLast
      ? { ...(Object.keys(sums).length > 0 && { $inc: sums }), $pull: { reserved: { batch } } }
      : { $inc: { ...sums, 'reserved.$.n': -places }, $push: { 'reserved.$.counted': { $each: [...ids] } } };
    const after = await this.#parts.progress.findOneAndUpdate(
      { _id: run.id, reserved: { $elemMatch: { batch, counted: { $size: counted.length } } } },
      update,
      { returnDocument: 'after', ...DURABLE },
    );
    if (after) await this.abort(run, after);
    return after !== null;
  }

  /** Aborts a run whose counts say so; harmless to repeat. */
  async abort(run: BatchRun, { counts }: Pick<ProgressDocument, 'counts'>): Promise<void> {
    const reason = abortReason(run.abort, counts);
    if (reason === undefined) return;
    await this.#parts.progress.updateOne(
      { _id: run.id, state: { $in: ['running', 'paused', 'expiring'] } },
      { $set: { state: 'aborted', reason } },
      DURABLE,
    );
  }

  async #clear(batch: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#parts.executions.updateMany(
      { _id: { $in: [...ids] }, 'mark.batch': batch },
      { $unset: { mark: true } },
    );
  }
}

function moveOfGranted({ change: { before }, after }: Granted): Move {
  return moveOf({ before, after });
}

/** Answers with how many were not there before. */
async function insertNew(
  executions: ExecutionCollection,
  fresh: readonly ExecutionDocument[],
): Promise<number> {
  return fresh.length - (await insertUntaken(executions, fresh, DURABLE)).length;
}

function changeOf(batch: string, granted: Granted): OwnChange<string> | undefined {
  const { before } = granted.change;
  if (!before) return undefined;
  const { _id: id, state, attempt } = before;
  // An execution is in each state of each attempt at most once, so these two name what was seen.
  const when = { $and: [{ $eq: ['$state', state] }, { $eq: ['$attempt', attempt] }] };
  return { id, when, to: { $literal: marked(batch, granted) } };
}

function marked(batch: string, { change: { before }, after }: Granted): ExecutionDocument {
  return { ...after, mark: { batch, ...(before && { from: before.state }), to: after.state } };
}
