// Replicas of what drives runs, over one database, with a clock that can be set ahead and deaths between any two steps of a batch.

import { loadContract } from '@egg/contract';
import type { Run, RunStrategy } from '@egg/contract/types/tasks';
import { type Database, declareTable } from '@egg/store';
import { quiet } from '@egg/testing';
import { ActiveRuns } from '../src/runs/active-runs.ts';
import { ExecutionBatches } from '../src/runs/batches.ts';
import { contextMaker, systemOrigin } from '../src/runs/calls.ts';
import { executions as executionsOf, prepareRuns, runProgress } from '../src/runs/documents.ts';
import { Drive } from '../src/runs/drive.ts';
import { Driver } from '../src/runs/driver.ts';
import type { KnownHost } from '../src/runs/known-hosts.ts';
import { syncProgress } from '../src/runs/progress.ts';
import { isPending } from '../src/runs/reservations.ts';
import { Runs } from '../src/runs/runs.ts';
import { WorkFinder } from '../src/runs/work-finder.ts';

export type Step = 'reserve' | 'write' | 'count' | 'clear';

export interface Replica {
  readonly runs: Runs;
  readonly active: ActiveRuns;
  readonly work: WorkFinder;
  /** Looks once. */
  look(): Promise<void>;
  /** Counts what it finds of batches that are under way, or were when their replica died. */
  count(run: number): Promise<void>;
  /** Finishes what the dead have left of a run; nobody must be under way but others that do the same. */
  finish(run: number): Promise<void>;
  /** The next time that it comes to this step, something else comes first. */
  before(step: Step, act: () => Promise<void>): void;
  /** The next time that it comes to this step, it dies there. */
  dieAt(step: Step): void;
  /** It does not die, and nothing comes in between. */
  live(): void;
  /** Takes what others have committed. */
  follow(): Promise<void>;
  close(): Promise<void>;
}

export interface Stage {
  readonly database: Database;
  readonly hosts: readonly KnownHost[];
  readonly now: () => Date;
}

/** Of no use to anybody but the run that is looked at. */
function runFields(strategy: Partial<RunStrategy>) {
  return {
    task_id: 1,
    strategy_id: 1,
    task: { id: 1, name: 'model', egg_id: 1, egg: 'agent', action: 'say' },
    strategy: {
      id: 1,
      name: 'model',
      target: {},
      waves: [{ percent: 100 }],
      timeout_seconds: 60,
      max_attempts: 1,
      retry_backoff_seconds: 10,
      queue_ttl_seconds: 3600,
      windows: [],
      ...strategy,
    },
    uses: {},
  };
}

export function startRun(replica: Replica, strategy: Partial<RunStrategy>): Promise<Run> {
  return replica.runs.add(runFields(strategy), systemOrigin(), Date.now() + 10_000);
}

export async function startReplica({ database, hosts, now }: Stage): Promise<Replica> {
  const contract = loadContract();
  const { table, writes } = await declareTable<Run, object, { id: number }>(contract, 'run').open({
    database,
    log: quiet,
  });
  await prepareRuns(database);
  const [progress, executions] = [runProgress(database), executionsOf(database)];
  const acts = new Map<Step, () => Promise<void>>();
  const step = async (at: Step): Promise<void> => {
    const act = acts.get(at);
    acts.delete(at);
    await act?.();
  };
  const finish = async (run: number, isLeft: boolean): Promise<void> => {
    const at = await progress.findOne({ _id: run });
    for (const reservation of at?.reserved ?? []) await batches.finish({ id: run }, reservation, isLeft);
  };
  const sync = (run: Run): Promise<void> => syncProgress(progress, run);
  const read = (): Promise<undefined> => Promise.resolve(undefined);
  const runs = new Runs({
    table,
    writes,
    read,
    contextOf: contextMaker(contract),
    now,
    sync,
    wake: () => undefined,
  });
  const active = await ActiveRuns.open(table);
  const batches = new ExecutionBatches({ progress, executions, now, step });
  const changed = (): void => undefined;
  const work = new WorkFinder({
    active,
    batches,
    executions,
    findVersion: () => Promise.resolve(undefined),
    isPending: async (execution) => {
      return isPending(execution, (await progress.findOne({ _id: execution.run }))?.reserved ?? []);
    },
    now,
    changed,
  });
  const scan = async function* () {
    yield await Promise.resolve(hosts);
  };
  const drive = new Drive({ runs, sync, progress, executions, batches, scan, now });
  const driver = new Driver({
    runs,
    active,
    drive,
    sync,
    progress,
    executions,
    batches,
    now,
    changed,
    log: quiet,
  });
  return {
    runs,
    active,
    work,
    look: async () => {
      await driver.look().catch(() => undefined);
      await driver.idle();
    },
    count: (run) => finish(run, false),
    finish: (run) => finish(run, true),
    before: (at, act) => void acts.set(at, act),
    dieAt: (at) => void acts.set(at, () => Promise.reject(new Error('it died'))),
    live: () => acts.clear(),
    follow: () => table.follow(),
    close: async () => {
      active.close();
      await table.close();
    },
  };
}
