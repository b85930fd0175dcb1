// When a subscription is fetched next: a refresh time after the last fetch, spread by a stable hash; sooner after a failure, twice as
// long after each further one.

import { createHash } from 'node:crypto';

const FIRST_RETRY_SECONDS = 5 * 60;
/** So much of the time between two fetches is spread, and at most an hour. */
const SPREAD = 0.1;
const LONGEST_SPREAD_SECONDS = 3600;

export interface Fetched {
  readonly name: string;
  readonly refreshSeconds: number;
  readonly at: Date;
  /** Failures in a row up to now; 0 if the last fetch did not fail. */
  readonly failures: number;
}

/** The time of the next fetch. */
export function nextFetch({ name, refreshSeconds, at, failures }: Fetched): Date {
  const backoff = failures > 0 ? FIRST_RETRY_SECONDS * 2 ** Math.min(failures - 1, 30) : Infinity;
  const seconds = Math.min(refreshSeconds, backoff);
  const spread = Math.min(seconds * SPREAD, LONGEST_SPREAD_SECONDS) * shareOf(name);
  return new Date(at.getTime() + Math.round((seconds + spread) * 1000));
}

/** A share of 1 that is always the same for a name, so that a thousand subscriptions added at once do not stay together. */
function shareOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;
}
