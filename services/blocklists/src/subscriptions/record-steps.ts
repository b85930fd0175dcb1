// How a state follows the table: what a commit to a subscription, or its deletion, makes of it. Pure; see states.ts for how a step
// is taken by one of several replicas.

import type { Subscription } from '@egg/contract/types/blocklists';
import { nextFetch } from './next-fetch.ts';
import { type Cause, type StateDocument, without } from './state-document.ts';

/** The state of a subscription that was added or changed; undefined where the state is as new as the record. */
export function followRecord(
  state: StateDocument | undefined,
  record: Subscription,
  now: Date,
  cause?: Cause,
): StateDocument | undefined {
  if (state && state.revision >= record.revision) return undefined;
  const { id, revision, name, url, format, refresh_seconds, enabled } = record;
  const copied = { revision, name, url, format, refresh_seconds, enabled };
  if (!state) {
    const due = enabled ? now : null;
    return {
      _id: id,
      version: 0,
      phase: 'live',
      ...copied,
      ...planned(due, now, cause),
      fetches: 0,
      failures: 0,
      status: 'never',
    };
  }
  const isOther = url !== state.url || format !== state.format;
  const kept = isOther ? { ...forgetList(state), failures: 0 } : state;
  const followed = { ...kept, ...copied };
  const next = enabled ? (isOther ? now : nextOf(followed, now)) : null;
  return {
    ...followed,
    ...(state.claim === undefined ? planned(next, now, cause) : { next_fetch_at: next }),
  };
}

/** The state of a subscription that was deleted by the commit of that revision. */
export function followDeletion(state: StateDocument, revision: number, now: Date): StateDocument | undefined {
  if (state.revision >= revision) return undefined;
  if (state.keep_entries === true) return { ...gone(state, now), revision };
  const next = { ...state, revision, phase: 'removing' as const, next_fetch_at: now };
  return state.claim === undefined ? { ...next, due_at: now } : next;
}

/** The state when all that a deletion asks for is done. */
export function gone(state: StateDocument, now: Date): StateDocument {
  return { ...without(state, 'claim'), phase: 'gone', gone_at: now, next_fetch_at: null, due_at: null };
}

/** A state that knows nothing of what the entries were made from: the next list is imported whatever it is. */
export function forgetList(state: StateDocument): StateDocument {
  return without(state, 'etag', 'last_modified', 'sha256', 'held', 'accepted');
}

/** The next fetch as the record has it now: what is overdue is fetched at once. */
function nextOf(state: StateDocument, now: Date): Date {
  const { name, refresh_seconds, failures, last_fetched_at } = state;
  if (last_fetched_at === undefined) return now;
  return nextFetch({ name, refreshSeconds: refresh_seconds, at: last_fetched_at, failures });
}

function planned(
  next: Date | null,
  now: Date,
  cause?: Cause,
): Pick<StateDocument, 'next_fetch_at' | 'due_at' | 'cause'> {
  const isCaused = cause !== undefined && next !== null && next <= now;
  return { next_fetch_at: next, due_at: next, ...(isCaused && { cause }) };
}
