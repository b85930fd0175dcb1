// Puts commits into a stream, each at the sequence that is its revision. They travel many at a time; what makes it safe is that
// the server takes revision R only where the stream ends at R - 1, whoever else publishes at the same time.

import type { Link } from './bus.ts';
import type { BusEvent } from './events.ts';
import type { Outgoing } from './publisher.ts';
import type { Commit } from './source.ts';
import { isWrongLastSequence } from './stream.ts';
import { unlessAborted } from './waiting.ts';

/** No more than this travels without an answer, in bytes of payload. */
const IN_FLIGHT_BYTES = 4 * 1024 * 1024;

export interface Published {
  /** How many the stream took. */
  readonly stored: number;
  /** How many were refused because somebody else had been there. */
  readonly conflicts: number;
  /** The last revision that the stream took from here, 0 if none. */
  readonly last: number;
  /** The first error that is neither. After one it is not known what was stored. */
  readonly failure?: unknown;
}

/** Publishes commits that follow one another, until one does not get in. Rejects only with what `event` throws. */
export async function publishCommits(
  link: Link,
  stream: string,
  commits: readonly Commit[],
  event: (commit: Commit) => BusEvent,
): Promise<Published> {
  const tally: { -readonly [K in keyof Published]: Published[K] } = { stored: 0, conflicts: 0, last: 0 };
  const answered = ({ sequence }: Outgoing, error?: Error): void => {
    if (error === undefined) {
      tally.stored += 1;
      tally.last = Math.max(tally.last, sequence);
    } else if (isWrongLastSequence(error)) tally.conflicts += 1;
    else tally.failure ??= error;
  };

  let next = 0;
  while (next < commits.length && tally.conflicts === 0 && tally.failure === undefined) {
    const messages: Outgoing[] = [];
    for (let bytes = 0; bytes < IN_FLIGHT_BYTES && next < commits.length; next += 1) {
      const commit = commits[next] as Commit;
      const message = { ...event(commit), sequence: commit.revision };
      bytes += message.payload.length;
      messages.push(message);
    }
    try {
      await unlessAborted(link.publisher.publish(stream, messages, answered), link.lost);
    } catch (error) {
      // What is under way is answered by nobody now; its time-out ends it, unheard.
      return { ...tally, failure: error };
    }
  }
  return tally;
}
