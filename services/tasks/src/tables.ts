// The tables of this service: what a record is made of, beyond what the proto says.

import type { Contract } from '@egg/contract';
import type {
  AddScheduleRequest,
  AddTaskRequest,
  AddTaskStrategyRequest,
  Run,
  Schedule,
  Task,
  TaskStrategy,
  UpdateScheduleRequest,
  UpdateTaskRequest,
  UpdateTaskStrategyRequest,
} from '@egg/contract/types/tasks';
import { declareTable } from '@egg/store';
import { changedSchedule, newSchedule, prepareSchedule } from './records/schedules.ts';
import { changedStrategy, newStrategy } from './records/strategies.ts';
import { changedTask, newTask, prepareTask } from './records/tasks.ts';
import { withCounts } from './runs/shown.ts';
import { asWritten, withNextRun } from './schedules/shown.ts';

/** What an egg shall do. */
export const tasks = (contract: Contract) =>
  declareTable<Task, AddTaskRequest, UpdateTaskRequest>(contract, 'egg_tasks', {
    build: newTask,
    change: changedTask,
    prepare: prepareTask,
  });

/** Who shall do it, and how fast. */
export const strategies = (contract: Contract) =>
  declareTable<TaskStrategy, AddTaskStrategyRequest, UpdateTaskStrategyRequest>(contract, 'task_strategies', {
    build: newStrategy,
    change: changedStrategy,
  });

/** When. */
export const schedules = (contract: Contract) =>
  declareTable<Schedule, AddScheduleRequest, UpdateScheduleRequest>(contract, 'schedules', {
    build: newSchedule,
    change: changedSchedule,
    prepare: prepareSchedule,
    decorate: withNextRun,
    answer: asWritten,
  });

/** Executions of tasks over their targets. */
export const runs = (contract: Contract) =>
  declareTable<Run, object, { id: number }>(contract, 'run', { decorate: withCounts });
