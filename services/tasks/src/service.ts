// What this service serves, at a glance.

import { loadContract } from '@egg/contract';
import { RpcError } from '@egg/rpc/errors';
import { type Running, type ServiceContext, startTableService } from '@egg/service';
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
    methods: () => ({
      'egg.tasks.v1.TaskService': { Run: notYet },
      'egg.tasks.v1.ScheduleService': { Preview: notYet, Trigger: notYet },
      'egg.tasks.v1.RunService': {
        Pause: notYet,
        Resume: notYet,
        Cancel: notYet,
        Revert: notYet,
        ListExecutions: notYet,
      },
      'egg.tasks.v1.WorkService': { CheckIn: notYet },
    }),
  });
}

function notYet(): Promise<object> {
  return Promise.reject(new RpcError('UNIMPLEMENTED', 'not yet'));
}
