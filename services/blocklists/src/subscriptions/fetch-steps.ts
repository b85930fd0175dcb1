// How a state goes through a fetch: asked for, claimed, ended. A claim is held by one fetch of one process until a time; who has lost
// it changes nothing any more. Pure; see states.ts for how a step is taken by one of several replicas.

import { nextFetch } from './next-fetch.ts';
import { forgetList, gone } from './record-steps.ts';
import { type Cause, type StateDocument, without } from './state-document.ts';

/** How a fetch ended. `set` is what is known then; what is in none of the fields is gone. */
export type FetchEnd =
  | { readonly kind: 'unchanged'; readonly validators: Pick<StateDocument, 'etag' | 'last_modified'> }
  | {
      readonly kind: 'ok';
      readonly facts: Pick<StateDocument, 'etag' | 'last_modified' | 'sha256' | 'last_result'>;
      readonly hasChanged: boolean;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'held'; readonly held: Omit<NonNullable<StateDocument['held']>, 'since'> }
  | { readonly kind: 'removed' }
  | { readonly kind: 'later'; readonly at: Date };

/** Somebody wants a fetch now. What is under way began before that: when it ends, the one that was asked for begins. */
export function ask(
  state: StateDocument,
  now: Date,
  wish: { cause: Cause; isForced: boolean; accepted?: number },
): StateDocument | undefined {
  if (state.phase !== 'live') return undefined;
  const asked = {
    ...state,
    cause: wish.cause,
    ...(wish.isForced && { forced: true }),
    ...(wish.accepted !== undefined && { accepted: wish.accepted }),
  };
  return state.claim === undefined
    ? { ...asked, next_fetch_at: now, due_at: now }
    : { ...asked, again: true };
}

/** Takes what is due; undefined where another was faster. */
export function claim(
  state: StateDocument,
  token: string,
  until: Date,
  now: Date,
): StateDocument | undefined {
  if (state.due_at === null || state.due_at > now || state.phase === 'gone') return undefined;
  return { ...state, claim: token, due_at: until };
}

/** Holds a claim for longer; undefined where it is lost. */
export function renew(state: StateDocument, token: string, until: Date): StateDocument | undefined {
  return state.claim === token ? { ...state, due_at: until } : undefined;
}

/** Gives a claim back with nothing done; undefined where it is lost. */
export function release(state: StateDocument, token: string): StateDocument | undefined {
  if (state.claim !== token) return undefined;
  // What was asked for meanwhile is in the next fetch.
  return { ...without(state, 'claim', 'again'), due_at: state.next_fetch_at };
}

/** Says, before the first entry changes, that the entries are no more those of the list that was there. */
export function beginImport(state: StateDocument, token: string): StateDocument | undefined {
  if (state.claim !== token) return undefined;
  const { held, accepted } = state;
  return { ...forgetList(state), ...(held && { held }), ...(accepted !== undefined && { accepted }) };
}

/**
 * Writes down how a fetch ended; undefined where its claim is lost. `begun` is the state that it was done for: where the record has
 * changed since, the end says nothing of the record as it is now, and it is fetched again.
 */
export function end(
  state: StateDocument,
  begun: StateDocument,
  how: FetchEnd,
  now: Date,
): StateDocument | undefined {
  if (begun.claim === undefined || state.claim !== begun.claim) return undefined;
  if (state.revision !== begun.revision) return release(state, begun.claim);
  if (how.kind === 'removed') return gone(state, now);
  const free = without(state, 'claim', 'again');
  if (how.kind === 'later') return { ...free, next_fetch_at: how.at, due_at: how.at };
  const isAgain = state.again === true;
  const failures = how.kind === 'failed' ? state.failures + 1 : 0;
  const fetched = {
    ...(isAgain ? free : without(free, 'cause', 'forced')),
    status: how.kind,
    fetches: state.fetches + 1,
    failures,
    last_fetched_at: now,
  };
  const { name, refresh_seconds, enabled } = state;
  const later = enabled ? nextFetch({ name, refreshSeconds: refresh_seconds, at: now, failures }) : null;
  const next = isAgain ? now : later;
  return { ...withEnd(fetched, how, now), next_fetch_at: next, due_at: next };
}

function withEnd(
  state: StateDocument,
  how: Exclude<FetchEnd, { kind: 'removed' | 'later' }>,
  now: Date,
): StateDocument {
  const well = without(state, 'last_error');
  switch (how.kind) {
    case 'failed':
      return { ...state, last_error: how.reason };
    case 'held':
      return { ...well, held: { since: state.held?.since ?? now, ...how.held } };
    case 'unchanged':
      return { ...without(well, 'held', 'accepted'), ...how.validators };
    default:
      return { ...forgetList(well), ...how.facts, ...(how.hasChanged && { last_changed_at: now }) };
  }
}
