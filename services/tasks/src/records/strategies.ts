// What a strategy has to be, beyond what the proto says. It is kept with its defaults filled in, so that whoever reads it need not
// know them.

import type {
  AddTaskStrategyRequest,
  Target,
  TaskStrategy,
  UpdateTaskStrategyRequest,
  Window,
} from '@egg/contract/types/tasks';
import { invalidFields } from '@egg/rpc/errors';
import type { Fields } from '@egg/store';
import { targetFaults } from '../domain/target-rules.ts';
import { waveFaults, wholeWaves } from '../domain/waves-rules.ts';
import { readWindows } from '../domain/windows.ts';

interface Fault {
  readonly field: string;
  readonly reason: string;
}

/** A new strategy's own fields. Throws INVALID_ARGUMENT. */
export function newStrategy(request: AddTaskStrategyRequest): Fields<TaskStrategy> {
  const {
    name,
    target,
    waves = [],
    max_in_flight,
    timeout_seconds = 3600,
    max_attempts = 1,
    retry_backoff_seconds = 60,
    queue_ttl_seconds = 604_800,
    abort,
    windows = [],
  } = request;
  return checked({
    name,
    target: whole(target),
    waves: wholeWaves(waves),
    ...(max_in_flight !== undefined && { max_in_flight }),
    timeout_seconds,
    max_attempts,
    retry_backoff_seconds,
    queue_ttl_seconds,
    ...(abort && { abort: { ...abort } }),
    windows: windows.map(wholeWindow),
  });
}

/** The own fields that an update leaves. Throws INVALID_ARGUMENT. */
export function changedStrategy(
  record: TaskStrategy,
  { clear = [], waves, windows, ...request }: UpdateTaskStrategyRequest,
): Fields<TaskStrategy> {
  const { max_in_flight, abort, ...kept } = { ...record, ...request };
  return newStrategy({
    ...kept,
    waves: clear.includes('waves') ? [] : named(waves, record.waves),
    windows: clear.includes('windows') ? [] : named(windows, record.windows),
    ...(max_in_flight !== undefined && !clear.includes('max_in_flight') && { max_in_flight }),
    ...(abort && !clear.includes('abort') && { abort }),
  });
}

/** A list that an update names, or the one there was: one with nothing in it cannot be told from one that is not named. */
function named<T>(list: T[] | undefined, before: T[]): T[] {
  return list && list.length > 0 ? list : before;
}

function checked(fields: Fields<TaskStrategy>): Fields<TaskStrategy> {
  const { target, waves, windows } = fields;
  const violations = [
    ...targetFaults(target).map(({ field, reason }) => ({ field: `target.${field}`, reason })),
    ...waveFaults(waves),
    ...windowFaults(windows),
  ];
  if (violations.length > 0) throw invalidFields(violations);
  return fields;
}

function windowFaults(windows: readonly Window[]): Fault[] {
  const reading = readWindows(windows);
  return reading.ok ? [] : [{ field: `windows[${reading.index}].${reading.field}`, reason: reading.reason }];
}

function wholeWindow({ cron, minutes, time_zone = 'UTC' }: Window): Window {
  return { cron, minutes, time_zone };
}

/** A target as every reader of the record finds it: a list that is not said is an empty one. */
function whole({ hosts = [], labels = {}, platforms = [], eggs = [] }: Target): Target {
  return {
    hosts: [...hosts],
    ...(Object.keys(labels).length > 0 && { labels }),
    platforms: [...platforms],
    eggs: eggs.map(({ egg, versions }) => ({ egg, ...(versions !== undefined && { versions }) })),
  };
}
