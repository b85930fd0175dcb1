// Writes the next states of several hosts at once, each only where nobody was faster, and says which are in. A state that has turned
// tells so with the same write, so a turn is never without its mark.

import type { HostState } from '../domain/host-state.ts';
import { DURABLE, type PendingTurn, type StateCollection, type StateDocument } from './state-document.ts';

export interface NextState {
  readonly id: number;
  readonly name: string;
  /** What it was decided on; undefined where there was none. */
  readonly before: Pick<StateDocument, 'version' | 'turns' | 'batches' | 'online_until'> | undefined;
  readonly state: HostState;
  /** The batches whose counts are not yet known to be counted, with this one if it counts. */
  readonly batches: readonly string[];
  readonly at: Date;
}

/** Answers with the ids of those that are in. Throws where that cannot be known now; they may be in or not. */
export async function writeStates(
  states: StateCollection,
  batch: string,
  all: readonly NextState[],
): Promise<Set<number>> {
  const ids = all.map(({ id }) => id);
  if (ids.length === 0) return new Set();
  try {
    const { matchedCount, upsertedCount } = await states.bulkWrite(
      all.map((next) => ({ updateOne: operation(batch, next) })),
      { ordered: false, ...DURABLE },
    );
    if (matchedCount + upsertedCount === ids.length) return new Set(ids);
  } catch {
    // A state that somebody else has just made, or a database that did not answer: what is in says itself.
  }
  const found = states.find(
    { _id: { $in: ids } },
    { projection: { written_by: 1, batches: 1 }, readConcern: { level: 'majority' } },
  );
  // Others may have written since; what counts stays known until it is counted, the rest may be written again.
  const isIn = ({ written_by, batches }: Pick<StateDocument, 'written_by' | 'batches'>): boolean =>
    written_by === batch || batches.includes(batch);
  return new Set((await found.toArray()).filter(isIn).map(({ _id }) => _id));
}

function operation(batch: string, { id, name, before, state, batches, at }: NextState) {
  const { last_seen_at, online_until, interval_seconds, online, turns, eggs, recent } = state;
  const turned: PendingTurn[] = [];
  for (let turn = (before?.turns ?? 0) + 1; turn <= turns; turn++)
    turned.push({ turn, at: turn % 2 === 0 ? (before?.online_until ?? at) : at, name });
  return {
    filter: { _id: id, version: before?.version ?? 0 },
    update: {
      $set: {
        last_seen_at,
        online_until,
        interval_seconds,
        online,
        turns,
        eggs,
        recent,
        version: (before?.version ?? 0) + 1,
        written_by: batch,
        batches: [...batches],
        ...(turned.length > 0 && { has_pending: true as const }),
      },
      ...(turned.length > 0 && { $push: { pending: { $each: turned } } }),
    },
    upsert: before === undefined,
  };
}
