// What this service serves of runs, as a process has it: started with the service, ended with it.

import type { Contract } from '@egg/contract';
import type { Run, Task, TaskStrategy } from '@egg/contract/types/tasks';
import type { Handlers } from '@egg/rpc';
import type { ServiceContext, ServiceParts } from '@egg/service';
import type { Row, Table, Writes } from '@egg/store';
import type { Read } from '../runs/copies.ts';
import { startRunWork } from '../runs/run-work.ts';
import { type RunStarter, runStarter } from '../runs/runs.ts';
import { executionsMethod } from './execution.ts';
import { runMethods } from './run.ts';
import { taskRunMethod } from './task-run.ts';
import { workMethods } from './work.ts';

export interface RunServicesOptions {
  readonly contract: Contract;
  readonly log: ServiceContext['log'];
  readonly tables: {
    readonly tasks: Table<Task>;
    readonly strategies: Table<TaskStrategy>;
    readonly runs: Table<Run>;
  };
  readonly writes: Writes<Run>;
  readonly parts: Pick<ServiceParts, 'database' | 'bus' | 'others' | 'onStop'>;
}

export interface RunServices {
  readonly starter: RunStarter;
  readonly methods: Readonly<Record<string, Handlers>>;
}

/** Starts to drive runs, and gives the methods that their tables do not have by themselves. */
export async function runServices({
  contract,
  log,
  tables: { tasks, strategies, runs: table },
  writes,
  parts: { database, bus, others, onStop },
}: RunServicesOptions): Promise<RunServices> {
  const own = new Map<string, Table<Row>>([
    [tasks.name, tasks as unknown as Table<Row>],
    [strategies.name, strategies as unknown as Table<Row>],
  ]);
  const read: Read = async <R extends Row>(name: string, id: number): Promise<R | undefined> => {
    const held = own.get(name);
    if (!held) return others.read<R>(name, id);
    // Another replica may have answered a write of it a moment ago.
    await held.follow();
    return (await held.current(id)) as R | undefined;
  };
  const { runs, work, scan, stop } = await startRunWork({
    contract,
    database,
    table,
    writes,
    read,
    others,
    bus,
    log,
  });
  onStop(stop);
  return {
    starter: runStarter(runs),
    methods: {
      'egg.tasks.v1.TaskService': taskRunMethod({ runs, read, scan, nextId: () => nextIdOf(table) }),
      'egg.tasks.v1.RunService': { ...runMethods(runs), ...executionsMethod(runs, database) },
      'egg.tasks.v1.WorkService': workMethods(work),
    },
  };
}

/** Runs are never deleted, so the next one has the next number. */
async function nextIdOf(table: Table<Run>): Promise<number> {
  await table.follow();
  return table.count + 1;
}
