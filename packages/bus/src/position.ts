// How far a stream is, and who waits for it to get further.

import { unlessAborted } from './waiting.ts';

export class Position {
  #value = 0;
  readonly #waiting = new Set<{ revision: number; resolve: () => void }>();

  get value(): number {
    return this.#value;
  }

  /** Moves to a revision, be it further or, where the stream has lost some, back. */
  set(revision: number): void {
    this.#value = revision;
    for (const one of this.#waiting) if (one.revision <= revision) one.resolve();
  }

  /** Moves to a revision unless it is further already. */
  rise(revision: number): void {
    if (revision > this.#value) this.set(revision);
  }

  /** Resolves when the position is at a revision or past it. Rejects with the signal's reason. */
  async reached(revision: number, signal: AbortSignal): Promise<void> {
    if (this.#value >= revision) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const one = { revision, resolve };
    this.#waiting.add(one);
    try {
      await unlessAborted(promise, signal);
    } finally {
      this.#waiting.delete(one);
    }
  }
}
