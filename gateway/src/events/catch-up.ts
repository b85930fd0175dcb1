// Brings one listener from its cursor to where the others are, as fast as it reads: out of the bus where it is far behind, then out
// of the rings. The last step and the joining are one turn of the event loop, so nothing is left out and nothing comes twice.

import { setTimeout as pause } from 'node:timers/promises';
import { type Bus, consume } from '@egg/bus';
import type { Log } from '@egg/rpc';
import { type Channel, type Reset, resetEvent } from './channel.ts';
import { encodeCursor, type Point } from './cursor.ts';
import type { Feed } from './feed.ts';
import { type FeedEvent, feedEvent } from './feed-event.ts';
import { judge } from './judge.ts';
import type { Listener } from './listener.ts';
import { heartbeat, idLine, ownEvent } from './sse.ts';
import type { Slots } from './slots.ts';

export interface CatchUpOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly listener: Listener;
  readonly channel: Channel;
  /** Readings of the bus for one listener alone. */
  readonly slots: Slots;
  /** By the tags of origins. Absent: from now on. What is not in it starts now. */
  readonly points?: ReadonlyMap<number, Point>;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** A reading of its own lasts no longer than this, so that those who wait for one get their turn. */
const STINT_MS = 5000;
const BATCH_BYTES = 64 * 1024;
const AGAIN_MS = 500;
const AHEAD_MS = 20;

interface Place {
  point: Point;
  epoch: number;
}

/** Resolves when the listener is a member of its channel or gone; never rejects. */
export async function catchUp(options: CatchUpOptions): Promise<void> {
  await new CatchUp(options).run();
}

class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #places = new Map<Feed, Place>();
  #told = '';

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { channel, listener, points, signal } = this.#options;
    const { feeds } = channel;
    await Promise.all(feeds.map((feed) => feed.whenLive(signal)));
    if (signal.aborted) return;
    for (const feed of feeds) {
      const point = points?.get(feed.origin.tag) ?? feed.point;
      this.#places.set(feed, { point, epoch: feed.epoch });
    }
    if (!points) {
      channel.join(listener);
      const subjects = feeds.map(({ origin }) => origin.subjects);
      listener.write(ownEvent('ready', channel.cursor(), { subjects }));
      return;
    }
    this.#told = this.#cursor();
    await this.#judgeAll();
    while (!signal.aborted && !(await this.#step())) {
      // Until it has joined the others.
    }
  }

  /** Returns whether the listener is where the others are, and one of them. */
  async #step(): Promise<boolean> {
    const { channel, listener, signal } = this.#options;
    this.#reset(channel.feeds.flatMap((feed) => this.#restart(feed)));
    const ahead = channel.feeds.some((feed) => this.#place(feed).point.revision > feed.point.revision);
    const behind = channel.feeds.find((feed) => !feed.covers(this.#place(feed).point.revision));
    if (ahead) await pause(AHEAD_MS, undefined, { signal }).catch(() => undefined);
    else if (behind) await this.#replay(behind);
    else if (!this.#sendRings()) await listener.drained();
    else {
      channel.join(listener);
      return true;
    }
    return false;
  }

  /** Holds all points against what the streams are. Tries until it can. */
  async #judgeAll(): Promise<void> {
    const { bus, log, channel, signal } = this.#options;
    const resets = channel.feeds.map(async (feed): Promise<Reset[]> => {
      const place = this.#place(feed);
      while (!signal.aborted) {
        try {
          const { point, reason } = await judge(bus, feed, place.point, signal);
          place.point = point;
          return reason ? [{ feed, reason, after: point.revision }] : [];
        } catch (error) {
          if (signal.aborted) break;
          const { stream } = feed.origin;
          log.warn({ stream, reason: (error as Error).message }, 'a cursor cannot be judged yet');
          await pause(AGAIN_MS, undefined, { signal }).catch(() => undefined);
        }
      }
      return [];
    });
    this.#reset((await Promise.all(resets)).flat());
  }

  /** Where a stream became one of another history meanwhile, it starts now. */
  #restart(feed: Feed): Reset[] {
    const place = this.#place(feed);
    if (place.epoch === feed.epoch) return [];
    place.epoch = feed.epoch;
    place.point = feed.point;
    return [{ feed, reason: 'other_history', after: feed.point.revision }];
  }

  #reset(resets: readonly Reset[]): void {
    if (resets.length > 0) this.#write([resetEvent(this.#tell(), resets)]);
  }

  /** Reads the bus for this listener alone, until the ring has the rest or the stint is over. */
  async #replay(feed: Feed): Promise<void> {
    const { bus, log, listener, channel, slots, signal } = this.#options;
    if (!(await slots.acquire(signal))) return;
    const place = this.#place(feed);
    const stint = new AbortController();
    const timer = setTimeout(() => stint.abort(), STINT_MS);
    await consume({
      bus,
      log,
      stream: feed.origin.stream,
      from: place.point.revision + 1,
      signal: AbortSignal.any([signal, stint.signal]),
      handler: async (message) => {
        const event = feedEvent(message);
        place.point = event;
        if (channel.wants(event) && !this.#write(this.#bytesOf(event))) await listener.drained();
        if (feed.covers(event.revision) || feed.epoch !== place.epoch) stint.abort();
      },
      onGap: ({ to }) => {
        place.point = { revision: to, mark: 0 };
        this.#reset([{ feed, reason: 'too_old', after: to }]);
      },
    });
    clearTimeout(timer);
    slots.release();
  }

  /** Sends what the rings have. Returns false where the client has to read first. */
  #sendRings(): boolean {
    let batch: Buffer[] = [];
    let bytes = 0;
    for (const feed of this.#options.channel.feeds) {
      const place = this.#place(feed);
      for (let next = place.point.revision + 1; next <= feed.point.revision; next += 1) {
        const event = feed.ring.get(next) as FeedEvent;
        place.point = event;
        if (!this.#options.channel.wants(event)) continue;
        batch.push(...this.#bytesOf(event));
        bytes += event.body.length;
        if (bytes < BATCH_BYTES) continue;
        if (!this.#write(batch)) return false;
        batch = [];
        bytes = 0;
      }
    }
    if (this.#told !== this.#cursor()) batch.push(heartbeat(this.#tell()));
    this.#write(batch);
    return true;
  }

  #bytesOf({ body }: FeedEvent): Buffer[] {
    return [idLine(this.#tell()), body];
  }

  #write(buffers: readonly Buffer[]): boolean {
    return buffers.length === 0 || this.#options.listener.write(Buffer.concat(buffers));
  }

  #place(feed: Feed): Place {
    return this.#places.get(feed) as Place;
  }

  #tell(): string {
    this.#told = this.#cursor();
    return this.#told;
  }

  #cursor(): string {
    return encodeCursor([...this.#places].map(([{ origin }, { point }]) => [origin.tag, point] as const));
  }
}
