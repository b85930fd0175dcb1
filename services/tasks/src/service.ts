// What this service serves, at a glance.

import { loadContract } from '@egg/contract';
import { type Running, type ServiceContext, startTableService } from '@egg/service';
import { runServices } from './rpc/run-services.ts';
import { scheduleServices } from './rpc/schedule-services.ts';
import { runs, schedules, strategies, tasks } from './tables.ts';

/** Tasks, strategies, schedules and runs. */
export function startTasks(context: ServiceContext): Promise<Running> {
  const contract = loadContract();
  return startTableService(context, {
    name: 'tasks',
    contract,
    tables: {
      tasks: tasks(contract),
      strategies: strategies(contract),
      schedules: schedules(contract),
      runs: runs(contract),
    },
    methods: async ({ tasks, strategies, schedules, runs }, parts) => {
      const { starter, methods } = await runServices({
        contract,
        log: context.log,
        tables: { tasks, strategies, runs },
        writes: parts.writes.runs,
        parts,
      });
      return { ...methods, ...(await scheduleServices(context, { schedules, runs }, starter, parts)) };
    },
  });
}
