// Tasks, strategies, schedules and runs will live here; so far it answers health.

import { loadContract } from '@egg/contract';
import { type Running, type ServiceContext, startTableService } from '@egg/service';

/** The tasks service. */
export function startTasks(context: ServiceContext): Promise<Running> {
  return startTableService(context, {
    name: 'tasks',
    contract: loadContract(),
    tables: {},
    methods: () => ({}),
  });
}
