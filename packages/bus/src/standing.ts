// Where a stream stands towards its log: how far it goes, and whether the two are of one history. Makes the stream if it is missing.

import { findDisagreement, firstRevisionSince } from './agreement.ts';
import type { Link } from './bus.ts';
import type { BusEvent } from './events.ts';
import type { Log } from './log.ts';
import type { Commit, CommitSource } from './source.ts';
import { DEFAULT_MAX_AGE_MS, makeStream, readStream, type StreamSpec, type StreamState } from './stream.ts';

export interface Standing {
  /** The last sequence of the stream. */
  readonly last: number;
  /** The last revision of the log. */
  readonly head: number;
  /** Why nothing may be published; absent where it may. */
  readonly disagreement?: string;
}

export interface StandingOptions {
  readonly log: Log;
  readonly stream: StreamSpec;
  readonly source: CommitSource;
  readonly event: (commit: Commit) => BusEvent;
}

/** Looks at one stream again and again, and remembers of it, by the time of its creation, what need not be looked at each time. */
export class StandingReader {
  readonly #options: StandingOptions;
  #agreed: string | undefined;
  #doubted: string | undefined;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  /** Throws whatever the bus or the log throws. */
  async read(link: Link): Promise<Standing> {
    const { source, stream, event } = this.#options;
    const { created, last } = (await readStream(link, stream.name)) ?? (await this.#make(link));
    const head = await source.head();
    if (last <= head && created === this.#agreed) return { last, head };
    const parties = { link, stream: stream.name, source, event };
    const disagreement = await findDisagreement(parties, last, head, created === this.#doubted);
    this.#agreed = disagreement === undefined ? created : undefined;
    this.#doubted = disagreement === undefined ? undefined : created;
    return { last, head, ...(disagreement !== undefined && { disagreement }) };
  }

  /** A stream that was lost starts with what would still be kept if it had not been. */
  async #make(link: Link): Promise<StreamState> {
    const { log, source, stream } = this.#options;
    const head = await source.head();
    const first = await firstRevisionSince(
      source,
      head,
      Date.now() - (stream.maxAgeMs ?? DEFAULT_MAX_AGE_MS),
    );
    const state = await makeStream(link, stream, first);
    log.info({ stream: stream.name, subjects: stream.subjects, first, head }, 'made a stream');
    return state;
  }
}
