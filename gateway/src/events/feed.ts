// One stream of the bus, read once for all who listen: its last events, how far it is, and whether it still is what it was.

import { type Bus, type BusMessage, consume, eventMark, lookAt, type StreamState } from '@egg/bus';
import type { Log } from '@egg/rpc';
import type { Point } from './cursor.ts';
import { type FeedEvent, feedEvent } from './feed-event.ts';
import type { Origin } from './origins.ts';
import { Ring, type RingBounds } from './ring.ts';

/** Why what comes next does not follow from what was told. */
export type BreakReason = 'too_old' | 'other_history';

export interface FeedOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly origin: Origin;
  readonly ring: RingBounds;
  /** One more event. What it returns is waited for before the next. */
  readonly onEvent: (feed: Feed, event: FeedEvent) => void | Promise<void>;
  readonly onBreak: (feed: Feed, reason: BreakReason) => void;
}

/** A stream that is made again is waited for so long, in milliseconds, while it does not grow. */
const DOUBT_MS = 10_000;
/** How often a stream that is missing is looked for before there is believed to be none: it may be about to be made. */
const MISSES = 4;

export class Feed {
  readonly origin: Origin;
  readonly ring: Ring;
  readonly #options: FeedOptions;
  readonly #ending = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #done: Promise<void>;
  #point: Point = { revision: 0, mark: 0 };
  #epoch = 0;
  #isLive = false;
  /** Where the stream was when the reading began; from there on events are told. */
  #target: number | undefined;
  #misses = 0;
  #created: string | undefined;
  #doubt: { last: number; sinceMs: number } | undefined;

  /** Begins to read, a ring's length before the end. */
  constructor(options: FeedOptions) {
    this.#options = options;
    this.origin = options.origin;
    this.ring = new Ring(options.ring);
    const { bus, log, origin } = options;
    this.#done = consume({
      bus,
      log,
      stream: origin.stream,
      from: (stream) => this.#place(stream),
      handler: (message) => this.#take(message),
      onGap: ({ to }) => this.#skip(to),
      signal: this.#ending.signal,
    });
  }

  /** The last event that was told. */
  get point(): Point {
    return this.#point;
  }

  /** Another number when the stream is of another history than before. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether the ring has all that follows a revision. */
  covers(revision: number): boolean {
    const { first = this.#point.revision + 1 } = this.ring;
    return revision >= first - 1 && revision <= this.#point.revision;
  }

  /** Resolves when it is known how far the stream is, or when the signal is aborted. */
  async whenLive(signal: AbortSignal): Promise<void> {
    if (this.#isLive || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    this.#waiting.add(end);
    signal.addEventListener('abort', end);
    await promise;
    signal.removeEventListener('abort', end);
    this.#waiting.delete(end);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#done;
  }

  async #place(stream: StreamState | undefined): Promise<number> {
    if (this.#target === undefined) this.#begin(stream);
    else if (stream && this.#created !== undefined && stream.created !== this.#created) {
      if (!(await this.#isSame(stream))) this.#break(stream.last, 'other_history');
    }
    this.#created = stream?.created ?? this.#created;
    return this.#point.revision;
  }

  #begin(stream: StreamState | undefined): void {
    if (!stream && ++this.#misses < MISSES) return;
    const { first, last } = stream ?? { first: 1, last: 0 };
    const start = Math.max(1, first, last - this.#options.ring.events + 1);
    this.#point = { revision: start - 1, mark: 0 };
    this.#target = Math.max(last, start - 1);
    this.#arrive();
  }

  /** Throws where it cannot be told yet: a stream that was lost is filled again from its log, and is shorter until then. */
  async #isSame({ created, last }: StreamState): Promise<boolean> {
    const { revision, mark } = this.#point;
    const at = Math.min(last, revision);
    const known = at === revision ? mark : this.ring.get(at)?.mark;
    const look = await lookAt(this.#options.bus, this.origin.stream, at, this.#ending.signal);
    if (look?.created !== created) throw new Error('the stream was made again while it was looked at');
    const found = look.payload && eventMark(look.payload);
    if (known && found && known !== found) return false;
    if (last >= revision) return true;
    const nowMs = performance.now();
    if (this.#doubt?.last !== last) this.#doubt = { last, sinceMs: nowMs };
    if (nowMs - this.#doubt.sinceMs > DOUBT_MS) return false;
    throw new Error('the stream was made again and is shorter than it was');
  }

  #take(message: BusMessage): void | Promise<void> {
    const event = feedEvent(message);
    this.ring.add(event);
    this.#point = { revision: event.revision, mark: event.mark };
    if (this.#isLive) return this.#options.onEvent(this, event);
    this.#arrive();
    return undefined;
  }

  #skip(to: number): void {
    this.ring.clear();
    this.#point = { revision: to, mark: 0 };
    if (this.#isLive) this.#options.onBreak(this, 'too_old');
    else this.#arrive();
  }

  #break(revision: number, reason: BreakReason): void {
    this.ring.clear();
    this.#point = { revision, mark: 0 };
    this.#doubt = undefined;
    this.#epoch += 1;
    this.#target = revision;
    const { log } = this.#options;
    log.warn({ stream: this.origin.stream, reason }, 'a stream of the bus begins anew for all listeners');
    if (this.#isLive) this.#options.onBreak(this, reason);
    else this.#arrive();
  }

  #arrive(): void {
    if (this.#target === undefined || this.#point.revision < this.#target) return;
    this.#isLive = true;
    for (const end of this.#waiting) end();
  }
}
