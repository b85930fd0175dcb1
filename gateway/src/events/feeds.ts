// The feeds that somebody wants: made for the first listener, kept for a while after the last.

import { Feed, type FeedOptions } from './feed.ts';
import type { Origin } from './origins.ts';

interface Kept {
  readonly feed: Feed;
  users: number;
  linger?: NodeJS.Timeout;
}

export type FeedsOptions = Omit<FeedOptions, 'origin'> & {
  /** How long a feed is kept after its last user left, in milliseconds. */
  readonly lingerMs: number;
};

export class Feeds {
  readonly #options: FeedsOptions;
  readonly #kept = new Map<Origin, Kept>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** To be given back by `release`. */
  acquire(origin: Origin): Feed {
    const kept = this.#kept.get(origin) ?? { feed: new Feed({ ...this.#options, origin }), users: 0 };
    this.#kept.set(origin, kept);
    clearTimeout(kept.linger);
    kept.users += 1;
    return kept.feed;
  }

  release(origin: Origin): void {
    const kept = this.#kept.get(origin);
    if (!kept || --kept.users > 0) return;
    kept.linger = setTimeout(() => void this.#stop(origin, kept), this.#options.lingerMs).unref();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept].map(([origin, kept]) => this.#stop(origin, kept)));
  }

  async #stop(origin: Origin, { feed, linger }: Kept): Promise<void> {
    clearTimeout(linger);
    this.#kept.delete(origin);
    await feed.stop();
  }
}
