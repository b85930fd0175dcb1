// Runs as one process has them, put together: the records, what is kept beside them, the work of hosts, and what goes on as time passes.

import { type Bus, startFacts } from '@egg/bus';
import type { Contract } from '@egg/contract';
import type { Run } from '@egg/contract/types/tasks';
import type { Log } from '@egg/rpc';
import type { ServiceParts } from '@egg/service';
import type { Database, Table, Writes } from '@egg/store';
import { ActiveRuns } from './active-runs.ts';
import { ExecutionBatches } from './batches.ts';
import { contextMaker } from './calls.ts';
import type { Read } from './copies.ts';
import { executions as executionsOf, MAJORITY, prepareRuns, runProgress } from './documents.ts';
import { Drive } from './drive.ts';
import { Driver } from './driver.ts';
import { hostScanner, type ScanHosts } from './known-hosts.ts';
import { Looking } from './looking.ts';
import { syncProgress } from './progress.ts';
import { isPending } from './reservations.ts';
import { Runs } from './runs.ts';
import { ToldEnds } from './told-ends.ts';
import { Versions } from './versions.ts';
import { WorkFinder } from './work-finder.ts';

export interface RunWorkOptions {
  readonly contract: Contract;
  readonly database: Pick<Database, 'collection'>;
  readonly table: Table<Run>;
  readonly writes: Writes<Run>;
  readonly read: Read;
  readonly others: Pick<ServiceParts['others'], 'call' | 'stream'>;
  readonly bus: Bus;
  readonly log: Log;
}

export interface RunWork {
  readonly runs: Runs;
  readonly work: WorkFinder;
  readonly scan: ScanHosts;
  stop(this: void): Promise<void>;
}

const LOOK_MS = 500;
const TELL_MS = 1000;

/** Starts it all. Throws where the database does not answer. */
export async function startRunWork(options: RunWorkOptions): Promise<RunWork> {
  const { contract, database, table, writes, read, others, bus, log } = options;
  const kind = contract.table(table.name).facts;
  if (kind === undefined) throw new Error('the contract does not say how facts of executions are told');
  await prepareRuns(database);
  const [progress, executions] = [runProgress(database), executionsOf(database)];
  const now = (): Date => new Date();
  const sync = (run: Run): Promise<void> => syncProgress(progress, run);
  const wake = (): void => looking.wake();
  const changed = (): void => {
    looking.wake();
    telling.wake();
  };
  const runs = new Runs({ table, writes, read, contextOf: contextMaker(contract), now, sync, wake });
  const active = await ActiveRuns.open(table);
  const batches = new ExecutionBatches({ progress, executions, now });
  const versions = new Versions({ others, read });
  const scan = hostScanner(others);
  const work = new WorkFinder({
    active,
    batches,
    executions,
    findVersion: (egg, version) => versions.find(egg, version),
    isPending: async (execution) => {
      const at = await progress.findOne({ _id: execution.run }, MAJORITY);
      return isPending(execution, at?.reserved ?? []);
    },
    now,
    changed,
  });
  const drive = new Drive({ runs, sync, progress, executions, batches, scan, now });
  const shared = { runs, active, drive, sync, progress, executions, batches, now, changed, log };
  const driver = new Driver(shared);
  const facts = startFacts({ bus, log, kind });
  const told = new ToldEnds({ executions, facts, log });
  const looking = new Looking(LOOK_MS, () => driver.look(), log);
  const telling = new Looking(TELL_MS, () => told.tellAll(), log);
  return {
    runs,
    work,
    scan,
    stop: async () => {
      await looking.stop();
      await driver.idle();
      await telling.stop();
      active.close();
      await facts.stop();
    },
  };
}
