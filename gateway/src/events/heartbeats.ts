// Shows every listener now and then that its connection lives, and asks whether it still may listen.

import type { Channel } from './channel.ts';
import type { Listener } from './listener.ts';
import { heartbeat } from './sse.ts';

export interface Seat {
  readonly listener: Listener;
  readonly channel: Channel;
  /** Whether the client still may listen. Never rejects. */
  readonly isAllowed: () => Promise<boolean>;
}

/** Each listener has its beat in one of so many parts of the period, so that they are not all written to at once. */
const PARTS = 15;
/** For those that still catch up: how far they are is theirs to say. */
const PLAIN = heartbeat();

export class Heartbeats {
  readonly #parts: readonly Set<Seat>[] = Array.from({ length: PARTS }, () => new Set());
  readonly #timer: NodeJS.Timeout;
  #seats = 0;
  #turn = 0;

  /** Each seat has a beat every `periodMs`. */
  constructor(periodMs: number) {
    this.#timer = setInterval(() => this.#beat(), periodMs / PARTS).unref();
  }

  /** All seats. */
  *seats(): Iterable<Seat> {
    for (const part of this.#parts) yield* part;
  }

  /** Returns how to take it out again. */
  add(seat: Seat): () => void {
    const part = this.#parts[this.#seats++ % PARTS] as Set<Seat>;
    part.add(seat);
    return () => part.delete(seat);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const beats = new Map<Channel, Buffer>();
    for (const { listener, channel } of this.#parts[this.#turn++ % PARTS] as Set<Seat>) {
      let bytes = PLAIN;
      if (channel.members.has(listener)) {
        bytes = beats.get(channel) ?? channel.heartbeat();
        beats.set(channel, bytes);
      }
      listener.beat(bytes);
    }
    this.#endRefused();
  }

  /** At each turn and not only at a seat's own: whose token is revoked shall not listen on. */
  #endRefused(): void {
    for (const { listener, isAllowed } of this.seats()) {
      void isAllowed().then((may) => {
        if (!may) listener.end();
      });
    }
  }
}
