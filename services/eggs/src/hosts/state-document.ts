// What is kept of a host beside its record, in a collection of its own: it changes with every check-in, which is no commit.

import type { Database } from '@egg/store';
import type { HostState } from '../domain/host-state.ts';

export { DURABLE } from '@egg/store';

/** A turn that the bus does not have yet. */
export interface PendingTurn {
  /** The how-many-eth turn of the host it is: odd ones to online, even ones to offline. */
  readonly turn: number;
  readonly at: Date;
  /** The host's name then. */
  readonly name: string;
}

export interface StateDocument extends HostState {
  /** The host's id. */
  readonly _id: number;
  /** Raised with every write that was decided on the one before. */
  readonly version: number;
  /** Names the batch that wrote it last. */
  readonly written_by: string;
  /** The batches in which this host said what was blocked, as long as that may not be counted yet. */
  readonly batches: readonly string[];
  /** In order. Taken out by who has told of them, without a new version. */
  readonly pending?: readonly PendingTurn[];
  /** Set while there may be something pending. */
  readonly has_pending?: true;
}

/** The collection of all states. */
export function hostStates(database: Pick<Database, 'collection'>) {
  return database.collection<StateDocument>('host_state');
}

export type StateCollection = ReturnType<typeof hostStates>;

/** What of a state a check-in is decided on. */
export const WITHOUT_PENDING = { projection: { pending: 0, has_pending: 0 } } as const;

/** Makes the indexes. To be called while the collection is small. */
export async function prepareStates(states: StateCollection): Promise<void> {
  await states.createIndex({ online: 1, online_until: 1 });
  await states.createIndex({ has_pending: 1 });
  await states.createIndex({ 'eggs.egg': 1 });
}
