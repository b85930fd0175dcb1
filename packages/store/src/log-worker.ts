// Does something for every commit of a table's log, in order and at least once, whoever wrote it and whatever is killed meanwhile: how
// far it is done is kept in the database. Any number of replicas may do it, each a commit more than once, so doing has to bear that.

import { setTimeout as delay } from 'node:timers/promises';
import type { Collection } from './driver.ts';
import type { Commit, Row } from './record.ts';

/** What it reads; a table's `source()` is one. */
export interface WorkSource<R extends Row> {
  read(after: number, limit: number): Promise<readonly Commit<R>[]>;
  onCommit(listener: () => void): () => void;
}

export interface LogWorkerOptions<R extends Row> {
  /** Names the work. */
  readonly name: string;
  readonly source: WorkSource<R>;
  readonly positions: Collection<PositionDocument>;
  /** Called with commits that follow one another. Where it throws it is called with the same ones again. */
  readonly work: (commits: readonly Commit<R>[]) => Promise<void>;
  readonly log: { warn(details: object, message: string): void };
}

export interface PositionDocument {
  _id: string;
  /** Done up to this commit. */
  revision: number;
}

const READ = 200;
const RETRY_MS = 500;
const COMPLAIN_EVERY_MS = 30_000;

/** Begins where it was left. Never throws: what goes wrong is tried again. */
export function startLogWorker<R extends Row>(
  options: LogWorkerOptions<R>,
): {
  /** Resolves when the work is done up to a revision, or the time (epoch ms) is over; answers whether it is done. */
  reached(revision: number, deadline: number): Promise<boolean>;
  stop(): Promise<void>;
} {
  const { name, source, positions, work, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const waiting = new Set<() => void>();
  let done: number | undefined;
  let complainedMs = -Infinity;
  let bell = Promise.withResolvers<void>();
  const unsubscribe = source.onCommit(() => bell.resolve());

  const step = async (): Promise<boolean> => {
    done ??= (await positions.findOne({ _id: name }))?.revision ?? 0;
    const commits = await source.read(done, READ);
    const last = commits.at(-1);
    if (!last) return false;
    await work(commits);
    await positions.updateOne(
      { _id: name },
      { $max: { revision: last.revision } },
      { upsert: true, writeConcern: { w: 'majority' } },
    );
    done = last.revision;
    for (const wake of waiting) wake();
    return true;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      bell = Promise.withResolvers();
      try {
        if (await step()) continue;
        await bell.promise;
      } catch (error) {
        if (signal.aborted) return;
        if (performance.now() - complainedMs > COMPLAIN_EVERY_MS) {
          complainedMs = performance.now();
          log.warn({ err: error, work: name }, 'what follows from commits is not done, trying again');
        }
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  };

  const running = run();
  return {
    async reached(revision, deadline) {
      for (;;) {
        if ((done ?? 0) >= revision) return true;
        if (Date.now() >= deadline || signal.aborted) return false;
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        const timer = setTimeout(resolve, deadline - Date.now());
        await promise;
        clearTimeout(timer);
        waiting.delete(resolve);
      }
    },
    async stop() {
      stopping.abort();
      unsubscribe();
      bell.resolve();
      for (const wake of waiting) wake();
      await running;
    },
  };
}
