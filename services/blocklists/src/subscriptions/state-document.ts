// What is kept of a subscription's fetches, in a collection of its own beside the table: it changes with every fetch, which is no
// commit. It holds a copy of what the record says, so that a fetch is decided by one document alone.

import type { Subscription, SubscriptionHeld, SubscriptionResult } from '@egg/contract/types/blocklists';
import type { Database } from '@egg/store';

/** Who asked for what is done next. */
export interface Cause {
  readonly from: string;
  readonly request_id: string;
}

export interface StateDocument {
  /** The subscription's id. */
  readonly _id: number;
  /** Raised with every write: what was decided on an older one is decided again. */
  readonly version: number;
  /** Of the commit whose record is copied here. */
  readonly revision: number;
  /** `removing`: the subscription is deleted, its entries are not yet. `gone`: all is done; kept for a while against late writes. */
  readonly phase: 'live' | 'removing' | 'gone';
  readonly gone_at?: Date;
  readonly name: string;
  readonly url: string;
  readonly format: Subscription['format'];
  readonly refresh_seconds: number;
  readonly enabled: boolean;
  /** When the subscription is fetched next; null for never. */
  readonly next_fetch_at: Date | null;
  /** When somebody has to look: the next fetch, or while one is under way, when its claim runs out. */
  readonly due_at: Date | null;
  /** Names the fetch that is under way. */
  readonly claim?: string;
  readonly cause?: Cause;
  /** Somebody asked for a fetch while this one was under way. */
  readonly again?: boolean;
  /** Import also what is unchanged. */
  readonly forced?: boolean;
  /** Said by a delete that is under way. */
  readonly keep_entries?: boolean;
  /** How many fetches have ended. */
  readonly fetches: number;
  /** How many of them failed in a row up to now. */
  readonly failures: number;
  readonly status: NonNullable<Subscription['status']>;
  readonly last_fetched_at?: Date;
  readonly last_changed_at?: Date;
  /** Of the list that the entries are made from. */
  readonly etag?: string;
  readonly last_modified?: string;
  readonly sha256?: string;
  readonly last_error?: string;
  readonly last_result?: SubscriptionResult;
  readonly held?: SubscriptionHeld;
  /** The size of a held list that somebody let in. */
  readonly accepted?: number;
}

/** The collection of all states. */
export function statesIn(database: Pick<Database, 'collection'>) {
  return database.collection<StateDocument>('subscription_state');
}

export type StateCollection = ReturnType<typeof statesIn>;

/** A state without some of its fields. */
export function without(state: StateDocument, ...names: (keyof StateDocument)[]): StateDocument {
  const rest: Partial<StateDocument> = { ...state };
  for (const name of names) delete rest[name];
  return rest as StateDocument;
}
