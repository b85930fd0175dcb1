// A client that only ever asks what has changed since it last asked, and looks each time whether it has the server's list.

import { expect } from 'vitest';
import { applyChanges, type DomainEntry, type HttpClient, readChanges, readList, sorted } from '@egg/testing';

export interface Follower {
  /** Ends when it has everything that was committed before this was called. Answers with how many steps it took and its list. */
  finish(): Promise<{ steps: number; revision: number; rows: Map<number, DomainEntry> }>;
}

/** Starts to follow by one gateway, and to compare with the list of another. */
export function startFollower(from: HttpClient, compareWith: HttpClient = from): Follower {
  let finishing = false;
  const run = async (): Promise<{ steps: number; revision: number; rows: Map<number, DomainEntry> }> => {
    let rows = new Map<number, DomainEntry>();
    let revision = 0;
    for (let steps = 1; ; steps++) {
      const last = finishing;
      const changes = await readChanges(from, '/domain/changes', revision);
      expect(changes.from).toBe(revision);
      rows = applyChanges(rows, changes);
      revision = changes.to;
      const there = await readList(compareWith, '/domain/list', { revision });
      expect(sorted(rows), `the list at ${revision}, after the changes since ${changes.from}`).toEqual(
        sorted(there),
      );
      if (last) return { steps, revision, rows };
    }
  };
  const running = run();
  // The one who finishes it hears of a failure.
  running.catch(() => undefined);
  return {
    finish: () => {
      finishing = true;
      return running;
    },
  };
}
