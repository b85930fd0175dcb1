// Writes the next states of several hosts at once, each only where nobody was faster, and says which are in. A state that has turned
// tells so with the same write, so a turn is never without its mark.

import { changeEach, type OwnChange } from '@egg/store';
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
  const [fresh, known] = [all.filter(({ before }) => !before), all.filter(({ before }) => before)];
  const written = await Promise.allSettled([
    insertNew(states, batch, fresh),
    changeEach(
      states,
      known.map((next) => changeOf(batch, next)),
      DURABLE,
    ),
  ]);
  const count = written.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0), 0);
  if (count === ids.length) return new Set(ids);
  // A state that somebody else has just made, or a database that did not answer: what is in says itself.
  const found = states.find(
    { _id: { $in: ids } },
    { projection: { written_by: 1, batches: 1 }, readConcern: { level: 'majority' } },
  );
  // Others may have written since; what counts stays known until it is counted, the rest may be written again.
  const isIn = ({ written_by, batches }: Pick<StateDocument, 'written_by' | 'batches'>): boolean =>
    written_by === batch || batches.includes(batch);
  return new Set((await found.toArray()).filter(isIn).map(({ _id }) => _id));
}

async function insertNew(
  states: StateCollection,
  batch: string,
  fresh: readonly NextState[],
): Promise<number> {
  if (fresh.length === 0) return 0;
  const documents = fresh.map((next) => ({ _id: next.id, ...fieldsOf(batch, next), ...pendingOf(next) }));
  const { insertedCount } = await states.insertMany(documents, { ordered: false, ...DURABLE });
  return insertedCount;
}

function changeOf(batch: string, next: NextState): OwnChange<number> {
  const { pending, ...told } = pendingOf(next);
  const all = { $concatArrays: [{ $ifNull: ['$pending', []] }, { $literal: pending }] };
  return {
    id: next.id,
    when: { $eq: ['$version', next.before?.version] },
    to: {
      $mergeObjects: [
        '$$ROOT',
        { $literal: { ...fieldsOf(batch, next), ...told } },
        ...(pending ? [{ pending: all }] : []),
      ],
    },
  };
}

function fieldsOf(batch: string, { state, before, batches }: NextState): Omit<StateDocument, '_id'> {
  const { last_seen_at, online_until, interval_seconds, online, turns, eggs, recent } = state;
  return {
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
  };
}

/** What is to be told of the turns that it makes. */
function pendingOf({ name, before, state, at }: NextState): Pick<StateDocument, 'pending' | 'has_pending'> {
  const pending: PendingTurn[] = [];
  for (let turn = (before?.turns ?? 0) + 1; turn <= state.turns; turn++)
    pending.push({ turn, at: turn % 2 === 0 ? (before?.online_until ?? at) : at, name });
  return pending.length > 0 ? { pending, has_pending: true } : {};
}
