// The last events of one stream, without a gap between them, so that most listeners that come back need nothing from the bus.

import type { FeedEvent } from './feed-event.ts';

export interface RingBounds {
  readonly events: number;
  readonly bytes: number;
}

export class Ring {
  readonly #bounds: RingBounds;
  /** By revision: a Map keeps the order of insertion, and gives its first key in constant time. */
  readonly #events = new Map<number, FeedEvent>();
  #bytes = 0;

  constructor(bounds: RingBounds) {
    this.#bounds = bounds;
  }

  /** The first revision that is here; undefined if none is. */
  get first(): number | undefined {
    const { value } = this.#events.keys().next();
    return value;
  }

  get(revision: number): FeedEvent | undefined {
    return this.#events.get(revision);
  }

  /** Adds the event that follows the last one. */
  add(event: FeedEvent): void {
    this.#events.set(event.revision, event);
    this.#bytes += event.body.length;
    const { events, bytes } = this.#bounds;
    for (const [revision, { body }] of this.#events) {
      if (this.#events.size <= events && this.#bytes <= bytes) break;
      this.#events.delete(revision);
      this.#bytes -= body.length;
    }
  }

  clear(): void {
    this.#events.clear();
    this.#bytes = 0;
  }
}
