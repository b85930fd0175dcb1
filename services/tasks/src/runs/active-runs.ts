// The runs that have not ended, as every replica holds them in memory, so that a check-in that gets no work asks nobody.

import type { Run } from '@egg/contract/types/tasks';
import { IdSet, type Table } from '@egg/store';
import { type Matches, readTarget, type TargetHost } from '../domain/target.ts';
import { placeOf, waveOf } from '../domain/waves.ts';
import { isOpen, readWindows, type Window } from '../domain/windows.ts';
import { isLive } from './run-records.ts';

/** A run with what is read of it once. */
export interface ActiveRun {
  readonly run: Run;
  readonly matches: Matches;
  readonly windows: readonly Window[];
  /** Hosts for which there is nothing left to do. */
  readonly done: IdSet;
}

/** Whether a window is open is a matter of minutes. */
const WINDOW_MS = 500;

export class ActiveRuns {
  readonly #runs = new Map<number, ActiveRun>();
  readonly #windows = new WeakMap<ActiveRun, { readonly until: number; readonly isOpen: boolean }>();
  /** Runs that ended while the others were read. */
  readonly #ended = new Set<number>();
  readonly #stop: () => void;
  #isOpening = true;

  private constructor(table: Table<Run>) {
    this.#stop = table.onCommit(({ changes }) => {
      for (const { after } of changes) if (after) this.take(after);
    });
  }

  /** Reads those that there are and follows the log from then on. */
  static async open(table: Table<Run>): Promise<ActiveRuns> {
    const active = new ActiveRuns(table);
    for await (const runs of table.scan({ state: { $in: ['running', 'paused'] } })) {
      for (const run of runs) active.take(run);
    }
    active.#isOpening = false;
    active.#ended.clear();
    return active;
  }

  /** Takes a run as it is at its revision. */
  take(run: Run): void {
    const known = this.#runs.get(run.id);
    if (known && known.run.revision >= run.revision) return;
    if (!isLive(run)) {
      this.#runs.delete(run.id);
      if (this.#isOpening) this.#ended.add(run.id);
    } else if (!this.#ended.has(run.id)) {
      this.#runs.set(run.id, known ? { ...known, run } : readRun(run));
    }
  }

  get(id: number): ActiveRun | undefined {
    return this.#runs.get(id);
  }

  all(): ActiveRun[] {
    return [...this.#runs.values()];
  }

  /** Those in whose open waves a host is, and in which there may be something left to do for it. */
  of(host: TargetHost): ActiveRun[] {
    const found: ActiveRun[] = [];
    for (const active of this.#runs.values()) {
      const { run, matches, done } = active;
      if (done.has(host.id) || waveIn(run, host.id) > run.wave || !matches(host)) continue;
      found.push(active);
    }
    return found;
  }

  /** Whether the run's windows let something be handed out now. */
  isWindowOpen(active: ActiveRun, now: Date): boolean {
    if (active.windows.length === 0) return true;
    const known = this.#windows.get(active);
    if (known && now.getTime() < known.until) return known.isOpen;
    const found = { until: now.getTime() + WINDOW_MS, isOpen: isOpen(active.windows, now) };
    this.#windows.set(active, found);
    return found.isOpen;
  }

  close(): void {
    this.#stop();
  }
}

/** The wave of a run in which a host falls. */
export function waveIn({ id, strategy }: Run, host: number): number {
  return waveOf(placeOf(id, host), strategy.waves);
}

function readRun(run: Run): ActiveRun {
  const windows = readWindows(run.strategy.windows);
  return {
    run,
    matches: readTarget(run.strategy.target),
    windows: windows.ok ? windows.windows : [],
    done: new IdSet(),
  };
}
