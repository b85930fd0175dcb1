// Whether a stream and a log are of one history. A database that was put back from an old copy has a shorter log, or after some
// time another one, than what the bus has already told: that is for a person to see, and never published over.

import type { Link } from './bus.ts';
import { type BusEvent, tellTheSame } from './events.ts';
import type { Commit, CommitSource } from './source.ts';
import { readStored } from './stream.ts';

export interface Parties {
  readonly link: Link;
  readonly stream: string;
  readonly source: CommitSource;
  readonly event: (commit: Commit) => BusEvent;
}

/**
 * Says what is wrong between a stream and its log, or undefined if nothing is. Where the stream does not keep its last message any
 * more, they are believed to agree, unless there has been a doubt before.
 */
export async function findDisagreement(
  { link, stream, source, event }: Parties,
  last: number,
  head: number,
  doubted: boolean,
): Promise<string | undefined> {
  if (last === 0) return undefined;
  // The log may have grown since its head was read.
  const now = last > head ? await source.head() : head;
  if (last > now) return `the stream goes to ${last}, its log only to ${now}`;
  const stored = await readStored(link, stream, last);
  if (!stored)
    return doubted
      ? `the stream does not keep ${last} any more, so nothing shows that it is its log's`
      : undefined;
  const [commit] = await source.read(last - 1, 1);
  if (commit && tellTheSame(stored, event(commit).payload)) return undefined;
  return `${last} is one thing in the stream and another in its log`;
}

/** The first revision that is not older than a time (epoch milliseconds); head + 1 if all are. */
export async function firstRevisionSince(source: CommitSource, head: number, since: number): Promise<number> {
  const isOlder = async (revision: number): Promise<boolean> => {
    const [commit] = await source.read(revision - 1, 1);
    return commit === undefined || commit.at.getTime() < since;
  };
  if (head === 0 || !(await isOlder(1))) return 1;
  let older = 1;
  let younger = head + 1;
  while (younger - older > 1) {
    const middle = Math.floor((older + younger) / 2);
    if (await isOlder(middle)) older = middle;
    else younger = middle;
  }
  return younger;
}
