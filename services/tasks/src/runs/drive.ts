// What is to be done for one run as time passes: its waves open, its end is found and written down, what is left of it when it is over is
// cleared away. Every replica does it; each step is an update that only one of them makes.

import type { Run } from '@egg/contract/types/tasks';
import { abortReason, type Counts, type ExecutionState, openIn, totalOf } from '../domain/progress.ts';
import { endOf, isOver } from '../domain/waves.ts';
import { waveIn } from './active-runs.ts';
import type { ExecutionBatches } from './batches.ts';
import { systemOrigin } from './calls.ts';
import { type Change, moved } from './changes.ts';
import { newExecution } from './decide.ts';
import {
  DURABLE,
  type ExecutionCollection,
  type ProgressCollection,
  type ProgressDocument,
} from './documents.ts';
import { hasUnended, hostsOfRun, type HostOfRun } from './hosts-of-run.ts';
import type { ScanHosts } from './known-hosts.ts';
import { Pace } from './pace.ts';
import { isLive } from './run-records.ts';
import type { Runs } from './runs.ts';
import { batchRun } from './work-finder.ts';

export interface DriveParts {
  readonly runs: Runs;
  readonly sync: (run: Run) => Promise<void>;
  readonly progress: ProgressCollection;
  readonly executions: ExecutionCollection;
  readonly batches: ExecutionBatches;
  readonly scan: ScanHosts;
  readonly now: () => Date;
}

const COMMIT_MS = 5000;
const SOME = 500;
const UNDER_WAY: ExecutionState[] = ['sent', 'running'];

export class Drive {
  readonly #parts: DriveParts;
  readonly #pace = new Pace();
  /** Runs whose hosts that never came are all written down. */
  readonly #expired = new Set<number>();
  /** Runs that are taken back and of which nothing is under way any more. */
  readonly #closed = new Set<number>();

  constructor(parts: DriveParts) {
    this.#parts = parts;
  }

  /** Does what is to be done now for a run whose progress is `at`. */
  async step(run: Run, at: ProgressDocument): Promise<void> {
    if (at.revision < run.revision) await this.#parts.sync(run);
    else if (!isLive(run)) await this.#clearAway(run, at);
    else if (at.state === 'aborted' || at.state === 'succeeded' || at.state === 'failed')
      await this.#end(run, at.state, at.reason);
    else if (abortReason(run.strategy.abort, at.counts) !== undefined)
      await this.#parts.batches.abort(batchRun(run.id, run), at);
    else if (at.state === 'expiring') await this.#expire(run, at);
    else if (this.#parts.now().getTime() >= run.started_at.getTime() + run.strategy.queue_ttl_seconds * 1000)
      await this.#beginToExpire(run);
    else {
      await this.#closeTaken(run);
      if (at.state === 'running') await this.#openWaves(run, at);
      await this.#findEnd(run, at);
    }
  }

  async #end(run: Run, state: 'aborted' | 'succeeded' | 'failed', reason: string | undefined): Promise<void> {
    await this.#parts.runs.end(run.id, { state, reason }, systemOrigin(), Date.now() + COMMIT_MS);
  }

  async #openWaves(run: Run, at: ProgressDocument): Promise<void> {
    const { waves } = run.strategy;
    const wave = waves[run.wave];
    if (!wave || run.wave === waves.length - 1) return;
    const { ended = 0, succeeded = 0 } = at.waves[run.wave] ?? {};
    const next =
      ended === 0
        ? await this.#pace.when(`${run.id}:wave`, String(run.wave), () => this.#firstWave(run))
        : isOver(wave, { ended, succeeded }, run.wave_opened_at, this.#parts.now())
          ? run.wave + 1
          : undefined;
    if (next === undefined || next <= run.wave) return;
    await this.#parts.runs.openWave(run.id, run.wave, next, systemOrigin(), Date.now() + COMMIT_MS);
  }

  /**
   * The first wave from the open one on in which a known host falls; those of the open one may all be gone, but who has its work counts,
   * whatever it matches by now. Where no known host is left for any, the run waits in the one that is open: who comes later shall find
   * its waves in order.
   */
  async #firstWave(run: Run): Promise<number | undefined> {
    const underWay = { run: run.id, open: true as const, wave: run.wave, state: { $in: UNDER_WAY } };
    if (await this.#parts.executions.findOne(underWay)) return run.wave;
    let first: number | undefined;
    for await (const some of this.#hostsOf(run)) {
      for (const { host } of some) {
        const wave = waveIn(run, host.id);
        if (wave === run.wave) return wave;
        if (wave > run.wave) first = Math.min(first ?? wave, wave);
      }
    }
    return first;
  }

  /**
   * A run whose matching hosts have all ended is over; one for which no host is known yet waits for some. Who waits to be given work and
   * does not match any more, or is gone, waits in vain.
   */
  async #findEnd(run: Run, at: ProgressDocument): Promise<void> {
    const { queued, sent, running } = at.counts;
    const total = totalOf(at.counts);
    if (at.reserved.length > 0 || sent + running > 0) return;
    if (total === 0 && run.reverts === undefined) return;
    const isUnended = await this.#pace.when(`${run.id}:end`, `${total} ${queued}`, () =>
      hasUnended(this.#hostsOf(run)),
    );
    if (isUnended !== false) return;
    if (queued > 0) await this.#endAll(run.id, ['queued'], 'expired');
    else await this.#close(run, at, ['running', 'paused']);
  }

  async #beginToExpire({ id }: Run): Promise<void> {
    await this.#parts.progress.updateOne(
      { _id: id, state: { $in: ['running', 'paused'] } },
      { $set: { state: 'expiring' } },
      DURABLE,
    );
  }

  /** What the run takes back is not to go on meanwhile. */
  async #closeTaken({ reverts }: Run): Promise<void> {
    if (reverts === undefined || this.#closed.has(reverts)) return;
    await this.#endAll(reverts, ['queued', 'sent', 'running'], 'cancelled');
    if (!(await this.#parts.executions.findOne({ run: reverts, open: true }))) this.#closed.add(reverts);
  }

  /** Nobody waits any longer: neither who was held back nor who never came. */
  async #expire(run: Run, at: ProgressDocument): Promise<void> {
    await this.#endAll(run.id, ['queued'], 'expired');
    if (!this.#expired.has(run.id)) {
      const isDone = await this.#pace.when(`${run.id}:expiry`, '', () => this.#writeExpired(run));
      if (isDone) this.#expired.add(run.id);
      return;
    }
    if (at.reserved.length === 0 && openIn(at.counts) === 0) await this.#close(run, at, ['expiring']);
  }

  async #writeExpired(run: Run): Promise<true> {
    const now = this.#parts.now();
    for await (const some of this.#hostsOf(run)) {
      const changes = some
        .filter(({ execution }) => !execution)
        .map(({ host }): Change => {
          const after = moved(newExecution({ run }, { host, now }), 'expired', {}, now);
          return { after, isHandingOut: false };
        });
      for (let from = 0; from < changes.length; from += SOME)
        await this.#parts.batches.make(batchRun(run.id, undefined), changes.slice(from, from + SOME));
    }
    return true;
  }

  /** Decides how a run ends, if its progress is still what the decision was made on. */
  async #close(run: Run, at: ProgressDocument, states: ProgressDocument['state'][]): Promise<void> {
    const counts = run.strategy.waves.map((_, index) => {
      const { ended = 0, succeeded = 0 } = at.waves[index] ?? {};
      return { ended, succeeded };
    });
    const state = endOf(run.strategy.waves, counts);
    const reason = state === 'failed' ? 'not enough of the last wave succeeded' : undefined;
    await this.#parts.progress.updateOne(
      { _id: run.id, state: { $in: states }, reserved: { $size: 0 }, ...same(at.counts) },
      { $set: { state, ...(reason !== undefined && { reason }) } },
      DURABLE,
    );
  }

  /** Of a run that is over: who waits, waits in vain; and where it was cancelled, so is what is under way. */
  async #clearAway(run: Run, at: ProgressDocument): Promise<void> {
    const states: ExecutionState[] = run.state === 'cancelled' ? ['queued', 'sent', 'running'] : ['queued'];
    await this.#endAll(run.id, states, 'cancelled');
    for (const what of ['wave', 'end', 'expiry']) this.#pace.forget(`${run.id}:${what}`);
    this.#expired.delete(run.id);
    if (at.reserved.length > 0 || openIn(at.counts) > 0) return;
    await this.#parts.progress.updateOne(
      { _id: run.id, state: at.state, reserved: { $size: 0 }, ...same(at.counts) },
      { $set: { settled: true } },
      DURABLE,
    );
  }

  async #endAll(run: number, states: ExecutionState[], to: ExecutionState): Promise<void> {
    for (;;) {
      const found = await this.#parts.executions
        .find({ run, open: true, state: { $in: states } })
        .limit(SOME)
        .toArray();
      if (found.length === 0) return;
      const now = this.#parts.now();
      const changes = found.map((before): Change => {
        return { before, after: moved(before, to, {}, now), isHandingOut: false };
      });
      const outcomes = await this.#parts.batches.make(batchRun(run, undefined), changes);
      // What is not counted yet can only be changed later.
      if (![...outcomes.values()].some((outcome) => typeof outcome === 'object')) return;
    }
  }

  #hostsOf(run: Run): AsyncGenerator<HostOfRun[]> {
    return hostsOfRun(run, this.#parts.scan, this.#parts.executions);
  }
}

/** A filter for the counts as they are. */
function same(counts: Counts): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([state, count]) => [`counts.${state}`, count]));
}
