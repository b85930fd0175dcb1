// All who listen to the same subjects and have got all there is so far. Each event is made into bytes once for all of them, because
// their cursor is the same one.

import { encodeCursor } from './cursor.ts';
import type { BreakReason, Feed } from './feed.ts';
import type { FeedEvent } from './feed-event.ts';
import type { Listener } from './listener.ts';
import { matches, type Parts } from './patterns.ts';
import { heartbeat, idLine, ownEvent } from './sse.ts';

/** What a client is told that has to read a table anew. */
export interface Reset {
  readonly feed: Feed;
  readonly reason: BreakReason;
  /** The events go on after this revision. */
  readonly after: number;
}

export class Channel {
  readonly key: string;
  readonly feeds: readonly Feed[];
  readonly members = new Set<Listener>();
  /** How many there are, with those that still catch up. */
  users = 0;
  readonly #patterns: readonly Parts[];
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(key: string, patterns: readonly Parts[], feeds: readonly Feed[]) {
    this.key = key;
    this.feeds = feeds;
    this.#patterns = patterns;
  }

  /** What waits for the next flush, in bytes. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The cursor of whoever has got all there is. */
  cursor(): string {
    return encodeCursor(this.feeds.map((feed) => [feed.origin.tag, feed.point] as const));
  }

  wants({ subject }: FeedEvent): boolean {
    return this.#patterns.some((pattern) => matches(pattern, subject));
  }

  take(event: FeedEvent): void {
    if (this.members.size === 0 || !this.wants(event)) return;
    this.#add(idLine(this.cursor()));
    this.#add(event.body);
  }

  reset(resets: readonly Reset[]): void {
    if (this.members.size > 0) this.#add(resetEvent(this.cursor(), resets));
  }

  /** Sends what waits. Returns to how many. */
  flush(): number {
    if (this.#pending.length === 0) return 0;
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    for (const member of this.members) member.write(bytes);
    return this.members.size;
  }

  /** Takes in a listener that has got all there is, but for what waits for the others. */
  join(listener: Listener): void {
    this.flush();
    this.members.add(listener);
  }

  heartbeat(): Buffer {
    this.flush();
    return heartbeat(this.cursor());
  }

  #add(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }
}

/** Names what has to be read anew, by `changes?since=` or from the start. */
export function resetEvent(id: string, resets: readonly Reset[]): Buffer {
  return ownEvent('reset', id, {
    subjects: resets.map(({ feed }) => feed.origin.subjects),
    streams: resets.map(({ feed, reason, after }) => ({ name: feed.origin.name, reason, after })),
  });
}
