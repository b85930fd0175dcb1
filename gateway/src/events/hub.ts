// All who listen, by what they listen to. Each stream is read once and each event made into bytes once for a set of subjects,
// however many want it.

import type { ServerResponse } from 'node:http';
import type { Bus } from '@egg/bus';
import type { Contract } from '@egg/contract';
import { type Log, RpcError } from '@egg/rpc';
import { catchUp } from './catch-up.ts';
import { Channel } from './channel.ts';
import type { Point } from './cursor.ts';
import type { Feed } from './feed.ts';
import { Feeds } from './feeds.ts';
import { Flusher } from './flusher.ts';
import { Heartbeats, type Seat } from './heartbeats.ts';
import { Listener } from './listener.ts';
import { type Origin, originsOf } from './origins.ts';
import type { Parts } from './patterns.ts';
import { Slots } from './slots.ts';

export interface HubOptions {
  readonly bus: Bus;
  readonly contract: Contract;
  readonly log: Log;
  /** More listeners are refused. Default: 10,000. */
  readonly maxListeners?: number;
  /** Where more than this waits for one listener, in bytes, it is dropped. Default: 1 MiB. */
  readonly slowBytes?: number;
  /** What is kept of each stream. Default: 2,000 events and 4 MiB. */
  readonly ring?: { readonly events: number; readonly bytes: number };
  /** Default: 15 s. */
  readonly heartbeatMs?: number;
  /** How long a stream is still read after its last listener left. Default: 60 s. */
  readonly lingerMs?: number;
}

export interface Subscription {
  /** By how they were written, in order. */
  readonly patterns: ReadonlyMap<string, Parts>;
  /** The origins that the patterns match. */
  readonly origins: readonly Origin[];
  /** The cursor to go on from. Absent: from now on. */
  readonly points?: ReadonlyMap<number, Point>;
  readonly isAllowed: Seat['isAllowed'];
}

/** So many listeners may read the bus for themselves at a time. */
const REPLAYS = 32;

export class EventHub {
  readonly origins: readonly Origin[];
  readonly #options: HubOptions;
  readonly #feeds: Feeds;
  readonly #channels = new Map<string, Channel>();
  readonly #heartbeats: Heartbeats;
  readonly #slots = new Slots(REPLAYS);
  readonly #flusher = new Flusher(() => this.#flush());
  #listeners = 0;
  #dropped = 0;
  #isClosed = false;

  /** Does nothing until somebody listens. Throws an Error if the contract's names are not fit for cursors. */
  constructor(options: HubOptions) {
    const { bus, log, contract, heartbeatMs = 15_000, lingerMs = 60_000 } = options;
    this.#options = options;
    this.origins = originsOf(contract, bus.prefix);
    this.#heartbeats = new Heartbeats(heartbeatMs);
    this.#feeds = new Feeds({
      bus,
      log,
      lingerMs,
      ring: options.ring ?? { events: 2000, bytes: 4 * 1024 * 1024 },
      onEvent: (feed, event) => this.#tell(feed, (channel) => channel.take(event)),
      onBreak: (feed, reason) => {
        const resets = [{ feed, reason, after: feed.point.revision }];
        void this.#tell(feed, (channel) => channel.reset(resets));
      },
    });
  }

  /** How many listen now, and how many were dropped because they read too slowly. */
  counts(): { readonly listeners: number; readonly dropped: number } {
    return { listeners: this.#listeners, dropped: this.#dropped };
  }

  /** Throws RESOURCE_EXHAUSTED where one more would be too many, UNAVAILABLE while it closes. */
  checkRoom(): void {
    const { maxListeners = 10_000 } = this.#options;
    if (this.#isClosed) throw new RpcError('UNAVAILABLE', 'the gateway stops');
    if (this.#listeners < maxListeners) return;
    throw new RpcError('RESOURCE_EXHAUSTED', `no more than ${maxListeners} clients may listen to events`);
  }

  /** Sends events to a response whose head is written, until it closes. */
  add(response: ServerResponse, { patterns, origins, points, isAllowed }: Subscription): void {
    const { bus, log, slowBytes = 1024 * 1024 } = this.#options;
    const onDrop = (): void => void (this.#dropped += 1);
    const listener = new Listener(response, { slowBytes, onDrop });
    const channel = this.#channel(patterns, origins);
    const leave = this.#heartbeats.add({ listener, channel, isAllowed });
    const gone = new AbortController();
    channel.users += 1;
    this.#listeners += 1;
    response.once('close', () => {
      gone.abort();
      leave();
      channel.members.delete(listener);
      this.#listeners -= 1;
      if (--channel.users === 0) this.#forget(channel);
    });
    const rest = { slots: this.#slots, signal: gone.signal, ...(points && { points }) };
    void catchUp({ bus, log, listener, channel, ...rest });
  }

  /** Ends all listeners and stops reading. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#heartbeats.stop();
    this.#flush();
    for (const { listener } of this.#heartbeats.seats()) listener.end();
    await this.#feeds.close();
  }

  #channel(patterns: Subscription['patterns'], origins: readonly Origin[]): Channel {
    const key = [...patterns.keys()].join();
    const known = this.#channels.get(key);
    if (known) return known;
    const feeds = origins.map((origin) => this.#feeds.acquire(origin));
    const channel = new Channel(key, [...patterns.values()], feeds);
    this.#channels.set(key, channel);
    return channel;
  }

  #forget(channel: Channel): void {
    this.#channels.delete(channel.key);
    for (const { origin } of channel.feeds) this.#feeds.release(origin);
  }

  /** Hands something to all channels of a feed. What it returns, if anything, is waited for before more is read. */
  #tell(feed: Feed, take: (channel: Channel) => void): void | Promise<void> {
    let bytes = 0;
    for (const channel of this.#channels.values()) {
      if (channel.feeds.includes(feed)) take(channel);
      bytes += channel.pendingBytes;
    }
    return this.#flusher.soon(bytes);
  }

  #flush(): void {
    for (const channel of this.#channels.values()) channel.flush();
  }
}
