// What callers did and were told, kept so that it can be held against the log when all is over.

import type { DomainEntry } from '@egg/testing';

export type Verb = 'added' | 'updated' | 'deleted' | 'touched';

/** A write and how it ended: with a commit, refused, or with nobody knowing. */
export interface Write {
  readonly requestId: string;
  readonly verb: Verb;
  outcome: 'answered' | 'refused' | 'unknown';
  /** Of its commit, where it was answered. */
  revision?: number;
  /** The record of the answer. */
  row?: DomainEntry;
  /** Why it was refused. */
  why?: string;
}

/** All writes of a run, and when they were answered. */
export class Record {
  readonly writes: Write[] = [];
  /** Answers that say that something is wrong inside. */
  readonly faults: string[] = [];
  readonly #answeredAt: number[] = [];

  begin(verb: Verb, requestId: string): Write {
    const write: Write = { requestId, verb, outcome: 'unknown' };
    this.writes.push(write);
    return write;
  }

  /** A write was just answered. */
  served(): void {
    this.#answeredAt.push(performance.now());
  }

  count(outcome: Write['outcome']): number {
    return this.writes.filter((write) => write.outcome === outcome).length;
  }

  /** The highest revision that somebody was answered. */
  latestRevision(): number {
    return this.writes.reduce((latest, { revision = 0 }) => Math.max(latest, revision), 0);
  }

  /** The longest time in which no write was answered, in `(from, to]`, in milliseconds. */
  longestSilence(from: number, to: number): number {
    let last = from;
    let longest = 0;
    for (const at of this.#answeredAt) {
      if (at <= from) continue;
      if (at > to) break;
      longest = Math.max(longest, at - last);
      last = at;
    }
    return Math.max(longest, to - last);
  }
}
