// What this service serves of schedules, as a process has it: started with the service, ended with it.

import type { Run, Schedule } from '@egg/contract/types/tasks';
import type { Handlers } from '@egg/rpc';
import type { ServiceContext, ServiceParts } from '@egg/service';
import type { Table } from '@egg/store';
import type { RunStarter } from '../runs/runs.ts';
import { startSchedules } from '../schedules/schedules.ts';
import { scheduleMethods } from './schedule.ts';

const SCHEDULE_SERVICE = 'egg.tasks.v1.ScheduleService';

/** Starts to fire what is due, and gives the methods that the table does not have by itself. */
export async function scheduleServices(
  { log }: ServiceContext,
  tables: { readonly schedules: Table<Schedule>; readonly runs: Table<Run> },
  starter: RunStarter,
  { database, standard, onStop }: Pick<ServiceParts, 'database' | 'standard' | 'onStop'>,
): Promise<Readonly<Record<string, Handlers>>> {
  const schedules = await startSchedules({ database, ...tables, starter, log });
  onStop(() => schedules.stop());
  const table = tables.schedules;
  return {
    [SCHEDULE_SERVICE]: scheduleMethods({ table, schedules, standard: standard[SCHEDULE_SERVICE] ?? {} }),
  };
}
