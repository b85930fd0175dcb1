// What a subscription shows beside its record: what the fetches did.

import type { Subscription } from '@egg/contract/types/blocklists';
import type { Database } from '@egg/store';
import { type StateDocument, statesIn } from './state-document.ts';

/** The records with what is known of their fetches. */
export async function withFetches(
  records: readonly Subscription[],
  database: Pick<Database, 'collection'>,
): Promise<Subscription[]> {
  const ids = records.map(({ id }) => id);
  const found = await statesIn(database)
    .find({ _id: { $in: ids } })
    .toArray();
  const states = new Map(found.map((state) => [state._id, state]));
  return records.map((record) => withFetch(record, states.get(record.id)));
}

/** One record; a state that is not there yet is of a subscription that was just added. */
export function withFetch(record: Subscription, state: StateDocument | undefined): Subscription {
  if (!state) return { ...record, status: 'never', fetching: false };
  const {
    next_fetch_at,
    last_fetched_at,
    last_changed_at,
    etag,
    last_modified,
    last_error,
    last_result,
    held,
  } = state;
  return {
    ...record,
    status: state.status,
    fetching: state.claim !== undefined,
    ...(last_fetched_at && { last_fetched_at }),
    ...(last_changed_at && { last_changed_at }),
    ...(next_fetch_at && { next_fetch_at }),
    ...(etag !== undefined && { etag }),
    ...(last_modified !== undefined && { last_modified }),
    ...(last_error !== undefined && { last_error }),
    ...(last_result && { last_result }),
    ...(held && { held }),
  };
}
