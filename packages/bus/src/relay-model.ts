// What a relay is to those who start one.

import type { Bus } from './bus.ts';
import type { BusEvent } from './events.ts';
import type { Log } from './log.ts';
import type { Commit, CommitSource } from './source.ts';
import type { StreamSpec } from './stream.ts';

/**
 * `syncing`: does not know how far the stream is, not yet or not since the bus went down. `following`: tells what there is.
 * `failing`: the last try failed. `ahead`: the stream has what its log has not, and nothing is published until it is removed.
 */
export type RelayState = 'syncing' | 'following' | 'failing' | 'ahead';

export interface RelayStats {
  /** Commits that the stream took from this relay. */
  readonly published: number;
  /** Commits that another relay had published before. */
  readonly conflicts: number;
  /** Tries that failed. */
  readonly errors: number;
  /** Commits that are known to be in the log and not known to be in the stream. */
  readonly lag: number;
}

export interface Relay {
  state(): RelayState;
  stats(): RelayStats;
  /** The highest revision known to be in the stream. */
  position(): number;
  /** Resolves when a revision is in the stream. Rejects with the signal's reason. */
  caughtUp(revision: number, signal: AbortSignal): Promise<void>;
  /** Publishes nothing more and resolves when what was under way is settled. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly stream: StreamSpec;
  readonly source: CommitSource;
  /** What is published of a commit. Pure; its payload fits the bus (`bus.eventBytes()`). */
  readonly event: (commit: Commit) => BusEvent;
  /** How often to look for commits that nobody told of, and whether the stream still is what it was. Default: 1000 ms. */
  readonly pollMs?: number;
}
