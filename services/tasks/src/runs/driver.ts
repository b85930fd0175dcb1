// Looks again and again at all runs of which something can still change, and does what is due: in every replica, because any of them may
// be the only one left.

import type { Run } from '@egg/contract/types/tasks';
import type { Log } from '@egg/rpc';
import { timedOut } from '../domain/work.ts';
import type { ActiveRuns } from './active-runs.ts';
import { type ExecutionBatches, LEFT_MS } from './batches.ts';
import { type Change, moved } from './changes.ts';
import {
  type ExecutionCollection,
  type ExecutionDocument,
  MAJORITY,
  type ProgressCollection,
  type ProgressDocument,
} from './documents.ts';
import type { Drive } from './drive.ts';
import type { Runs } from './runs.ts';
import { batchRun } from './work-finder.ts';

export interface DriverParts {
  readonly runs: Runs;
  readonly active: ActiveRuns;
  readonly drive: Drive;
  readonly sync: (run: Run) => Promise<void>;
  readonly progress: ProgressCollection;
  readonly executions: ExecutionCollection;
  readonly batches: ExecutionBatches;
  readonly now: () => Date;
  readonly changed: () => void;
  readonly log: Log;
  /** How long a reservation has been seen before it is taken for left. Default: 20 s. */
  readonly leftMs?: number;
}

const SOME = 500;
/** What is in good hands is counted sooner. */
const SLOW_MS = 400;

export class Driver {
  readonly #parts: DriverParts;
  /** Reservations, and since when they have been seen here, by a clock that nobody sets. */
  #seen = new Map<string, number>();
  readonly #busy = new Map<number, Promise<void>>();

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /** Looks once at everything. Throws what the database throws; what fails for one run is done again at the next look. */
  async look(): Promise<void> {
    const { progress, active, sync } = this.#parts;
    const found = await progress.find({ settled: false }, MAJORITY).toArray();
    const known = new Set(found.map(({ _id }) => _id));
    for (const { run } of active.all()) if (!known.has(run.id)) await sync(run);
    await this.#timeOut();
    await this.#finishLeft(found);
    for (const at of found) this.#step(at);
  }

  /** Resolves when what was begun for single runs is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  /** Apart, so that one run whose hosts take long to read holds up no other. */
  #step(at: ProgressDocument): void {
    const { runs, active, drive, log } = this.#parts;
    if (this.#busy.has(at._id)) return;
    const step = async (): Promise<void> => {
      const run = active.get(at._id)?.run ?? (await runs.find(at._id));
      if (run) await drive.step(run, at);
    };
    const done = step()
      .catch((error: unknown) => log.debug({ err: error, run: at._id }, 'a run is looked at again later'))
      .finally(() => this.#busy.delete(at._id));
    this.#busy.set(at._id, done);
  }

  /** Ends attempts that have taken too long. */
  async #timeOut(): Promise<void> {
    const { executions, now } = this.#parts;
    for (;;) {
      const at = now();
      const due = await executions
        .find({ open: true, due_at: { $lte: at } })
        .limit(SOME)
        .toArray();
      const byRun = Map.groupBy(due, ({ run }) => run);
      let made = 0;
      for (const [run, some] of byRun) made += await this.#timeOutIn(run, some, at);
      if (due.length < SOME || made === 0) return;
    }
  }

  async #timeOutIn(run: number, due: readonly ExecutionDocument[], at: Date): Promise<number> {
    const { active, batches, changed } = this.#parts;
    const record = active.get(run)?.run;
    const { max_attempts = 1, retry_backoff_seconds = 0 } = record?.strategy ?? {};
    const retries = { max_attempts, retry_backoff_seconds, mayRetry: record !== undefined };
    const changes = due.flatMap((before): Change[] => {
      const step = timedOut(before, retries, at);
      if (!step) return [];
      const { notBefore, message } = step;
      const fields = {
        ...(notBefore && { not_before: notBefore }),
        ...(message !== undefined && { message }),
      };
      return [{ before, after: moved(before, step.to, fields, at), isHandingOut: false }];
    });
    const outcomes = await batches.make(batchRun(run, record), changes);
    changed();
    return [...outcomes.values()].filter((outcome) => typeof outcome === 'object').length;
  }

  async #finishLeft(found: readonly ProgressDocument[]): Promise<void> {
    const { active, batches, leftMs = LEFT_MS } = this.#parts;
    const nowMs = performance.now();
    const seen = new Map<string, number>();
    for (const { _id, reserved } of found) {
      for (const reservation of reserved) {
        const sinceMs = this.#seen.get(reservation.batch) ?? nowMs;
        seen.set(reservation.batch, sinceMs);
        const run = batchRun(_id, active.get(_id)?.run);
        if (nowMs - sinceMs >= SLOW_MS) await batches.finish(run, reservation, nowMs - sinceMs >= leftMs);
      }
    }
    this.#seen = seen;
  }
}
