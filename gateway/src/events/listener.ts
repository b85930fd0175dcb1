// One client's end of a stream of events. What it does not read in time is not kept for it: it is dropped, and comes back with its
// cursor.

import type { ServerResponse } from 'node:http';

export interface ListenerOptions {
  /** More than this may not wait for the client, in bytes. */
  readonly slowBytes: number;
  readonly onDrop: () => void;
}

/** So many heartbeats in a row may find that the client read nothing of what waits for it. */
const STUCK_BEATS = 2;

export class Listener {
  readonly #response: ServerResponse;
  readonly #options: ListenerOptions;
  #stuckBeats = 0;
  #sentBytes = 0;

  constructor(response: ServerResponse, options: ListenerOptions) {
    this.#response = response;
    this.#options = options;
  }

  get isGone(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  /** Returns false where it is better to wait for `drained` before more is written. */
  write(bytes: Buffer): boolean {
    if (this.isGone) return false;
    if (this.#response.writableLength <= this.#options.slowBytes) return this.#response.write(bytes);
    this.#drop();
    return false;
  }

  /** Resolves when all that waited is sent, or the client is gone. */
  async drained(): Promise<void> {
    if (this.isGone || !this.#response.writableNeedDrain) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    this.#response.once('drain', end).once('close', end);
    await promise;
    this.#response.off('drain', end).off('close', end);
  }

  /** Shows that the connection lives, or drops a client that has read nothing for some beats though something waits for it. */
  beat(bytes: Buffer): void {
    const { writableLength: waits, socket } = this.#response;
    const sentBytes = (socket?.bytesWritten ?? 0) - waits;
    if (waits === 0 || sentBytes > this.#sentBytes) this.#stuckBeats = 0;
    else this.#stuckBeats += 1;
    this.#sentBytes = sentBytes;
    if (this.#stuckBeats >= STUCK_BEATS) this.#drop();
    else if (waits === 0) this.write(bytes);
  }

  /** Ends it from this side, at once. */
  end(): void {
    if (this.#response.writableLength === 0) this.#response.end();
    else this.#response.destroy();
  }

  #drop(): void {
    this.#options.onDrop();
    this.#response.destroy();
  }
}
