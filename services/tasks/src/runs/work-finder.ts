// Answers hosts that check in: takes what they report and hands out what the active runs want of them, for many hosts at once.

import type { Run, WorkReplyWork } from '@egg/contract/types/tasks';
import { RpcError } from '@egg/rpc/errors';
import { isEnded } from '../domain/progress.ts';
import { readExecutionId } from '../domain/work.ts';
import type { ActiveRuns } from './active-runs.ts';
import type { ExecutionBatches } from './batches.ts';
import type { BatchRun } from './reservations.ts';
import type { Change, Outcome } from './changes.ts';
import { afterReports, handingOut } from './decide.ts';
import type { ExecutionCollection, ExecutionDocument } from './documents.ts';
import { Gather } from './gather.ts';
import { type Asking, type HostReport, type Matter, mattersOf } from './matters.ts';
import { type AskingHost, type FindVersion, versionFor, wantedOf, workOf } from './tasks-of-hosts.ts';

export interface WorkFinderParts {
  readonly active: ActiveRuns;
  readonly batches: ExecutionBatches;
  readonly executions: ExecutionCollection;
  readonly findVersion: FindVersion;
  /** Whether the last change of an execution is not counted yet. */
  readonly isPending: (execution: ExecutionDocument) => Promise<boolean>;
  readonly now: () => Date;
  /** Executions have changed. */
  readonly changed: () => void;
}

const TRIES = 3;

export class WorkFinder {
  readonly #parts: WorkFinderParts;
  readonly #gather: Gather<Asking, WorkReplyWork[]>;

  constructor(parts: WorkFinderParts) {
    this.#parts = parts;
    this.#gather = new Gather(
      ({ host }) => host.id,
      (all) => this.answerAll(all),
    );
  }

  /** Takes a host's reports and answers with its work. Throws UNAVAILABLE where a report could not be taken. */
  async find(host: AskingHost, reports: readonly HostReport[], deadline: number): Promise<WorkReplyWork[]> {
    const own = reports.filter(({ id }) => readExecutionId(id)?.host === host.id);
    // Most check-ins end here.
    if (own.length === 0 && this.#parts.active.of(host).length === 0) return [];
    return this.#gather.add({ host, reports: own }, deadline);
  }

  /** The same for several hosts at once, each at most once. */
  async answerAll(all: readonly Asking[]): Promise<(WorkReplyWork[] | Error)[]> {
    const answers = new Map<Asking, WorkReplyWork[] | Error>();
    let left = all;
    for (let tries = 1; left.length > 0; tries++) {
      const again = await this.#answer(left, answers);
      if (tries === TRIES)
        for (const asking of again)
          answers.set(asking, new RpcError('UNAVAILABLE', 'a report could not be taken now'));
      left = tries === TRIES ? [] : again;
    }
    return all.map((asking) => answers.get(asking) ?? []);
  }

  /** Answers with those whose reports met with another change of the same execution. */
  async #answer(
    all: readonly Asking[],
    answers: Map<Asking, WorkReplyWork[] | Error>,
  ): Promise<readonly Asking[]> {
    const matters = await mattersOf(this.#parts, all);
    const now = this.#parts.now();
    // Where something has to be known that cannot be known now, the host is looked at again when it comes again.
    await Promise.all(matters.map((matter) => this.#decide(matter, now).catch(() => undefined)));
    const outcomes = await this.#makeAll(matters);
    const again = new Set<Asking>();
    for (const matter of matters) {
      const { asking, change } = matter;
      const outcome = change && outcomes.get(change);
      if (outcome instanceof Error) answers.set(asking, outcome);
      else if (typeof outcome === 'string' && !change?.isHandingOut) again.add(asking);
    }
    await this.#tell(
      matters.filter(({ asking }) => !again.has(asking) && !(answers.get(asking) instanceof Error)),
      outcomes,
      answers,
    );
    return [...again];
  }

  async #decide(matter: Matter, now: Date): Promise<void> {
    const { active, before, reports, taken, asking } = matter;
    if (before && reports.length > 0) {
      matter.change = afterReports(active, before, reports, now);
      if (matter.change) return;
    }
    const { host } = asking;
    if (!active || !this.#parts.active.of(host).includes(active)) return;
    if (before && isEnded(before.state) && !before.mark) active.done.add(host.id);
    if (active.run.state !== 'running' || (before && before.state !== 'queued')) return;
    const wanted = await wantedOf(active, host, taken, this.#parts.findVersion);
    if (wanted.kind === 'later') return;
    if (wanted.kind === 'none') active.done.add(host.id);
    const isWindowOpen = this.#parts.active.isWindowOpen(active, now);
    matter.change = handingOut(active, wanted, before, { host, now }, isWindowOpen);
  }

  /** Makes what was decided, run by run. */
  async #makeAll(matters: readonly Matter[]): Promise<Map<Change, Outcome | Error>> {
    const byRun = new Map<number, { run: BatchRun; changes: Change[] }>();
    for (const { run, active, change } of matters) {
      if (!change) continue;
      const group = byRun.get(run) ?? { run: batchRun(run, active?.run), changes: [] };
      group.changes.push(change);
      byRun.set(run, group);
    }
    const outcomes = new Map<Change, Outcome | Error>();
    await Promise.all(
      [...byRun.values()].map(async ({ run, changes }) => {
        try {
          const made = await this.#parts.batches.make(run, changes);
          for (const [change, outcome] of made) outcomes.set(change, outcome);
        } catch (error) {
          const failure = new RpcError('UNAVAILABLE', 'the work of hosts could not be kept', {
            cause: error,
          });
          for (const change of changes) outcomes.set(change, failure);
        }
      }),
    );
    if (byRun.size > 0) this.#parts.changed();
    return outcomes;
  }

  /** What is handed out now, and what was before and is not acknowledged. */
  async #tell(
    matters: readonly Matter[],
    outcomes: ReadonlyMap<Change, Outcome | Error>,
    answers: Map<Asking, WorkReplyWork[] | Error>,
  ): Promise<void> {
    for (const { asking, active, before, change, taken } of matters) {
      const outcome = change ? outcomes.get(change) : before;
      if (!active || typeof outcome !== 'object' || outcome instanceof Error || outcome.state !== 'sent')
        continue;
      // Nobody is told of what may yet turn out not to be.
      if (outcome === before && outcome.mark && (await this.#parts.isPending(outcome))) continue;
      const version = await versionFor(active, taken, this.#parts.findVersion);
      const work = workOf(active, outcome, asking.host, version);
      const known = answers.get(asking);
      answers.set(asking, known instanceof Error ? known : [...(known ?? []), work]);
    }
  }
}

/** A run as its executions are changed. */
export function batchRun(id: number, run: Run | undefined): BatchRun {
  return { id, maxInFlight: run?.strategy.max_in_flight, abort: run?.strategy.abort };
}
