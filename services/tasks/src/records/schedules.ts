// What a schedule has to be, beyond what the proto says.

import type { AddScheduleRequest, Schedule, UpdateScheduleRequest } from '@egg/contract/types/tasks';
import { invalidField } from '@egg/rpc/errors';
import type { Fields } from '@egg/store';
import { readTiming, refusePast, type TimingFault, type Timing } from '../domain/times.ts';
import { isSameTiming } from '../domain/times-same.ts';

/** A new schedule's own fields. Throws INVALID_ARGUMENT. */
export function newSchedule(request: AddScheduleRequest): Fields<Schedule> {
  const {
    name,
    task_id,
    strategy_id,
    cron,
    every_seconds,
    at,
    time_zone = 'UTC',
    overlap = 'skip',
    jitter_seconds = 0,
    catch_up_seconds = 600,
    start_at,
    end_at,
    enabled = true,
  } = request;
  const fields = {
    name,
    task_id,
    strategy_id,
    ...(cron !== undefined && { cron }),
    ...(every_seconds !== undefined && { every_seconds }),
    ...(at && { at }),
    time_zone,
    overlap,
    jitter_seconds,
    catch_up_seconds,
    ...(start_at && { start_at }),
    ...(end_at && { end_at }),
    enabled,
  };
  timingOf(fields, new Date());
  return fields;
}

/** The own fields that an update leaves. Throws INVALID_ARGUMENT. */
export function changedSchedule(
  record: Schedule,
  { clear = [], ...request }: UpdateScheduleRequest,
): Fields<Schedule> {
  const { cron, every_seconds, at, time_zone, start_at, end_at, ...kept } = { ...record, ...request };
  const isKept = (field: (typeof clear)[number]): boolean => !clear.includes(field);
  return newSchedule({
    ...kept,
    ...(cron !== undefined && isKept('cron') && { cron }),
    ...(every_seconds !== undefined && isKept('every_seconds') && { every_seconds }),
    ...(at && isKept('at') && { at }),
    ...(isKept('time_zone') && { time_zone }),
    ...(start_at && isKept('start_at') && { start_at }),
    ...(end_at && isKept('end_at') && { end_at }),
  });
}

/**
 * Refuses what would never be due: of a schedule that is added, that becomes enabled, or whose times become others. One whose time has
 * passed may still be changed in all else. Asked just before the commit, so that a repeated request is answered as it was.
 */
export function prepareSchedule(
  after: Fields<Schedule>,
  before: Schedule | undefined,
): Promise<Fields<Schedule>> {
  const now = new Date();
  const isSame = before && isSameTiming(before, after) && (before.enabled || !after.enabled);
  const fault = isSame ? undefined : refusePast(timingOf(after, before?.created_at ?? now), now);
  return fault ? Promise.reject(refused(fault)) : Promise.resolve(after);
}

function timingOf(fields: Omit<Fields<Schedule>, 'next_run_at'>, created_at: Date): Timing {
  const reading = readTiming({ ...fields, created_at });
  if (!reading.ok) throw refused(reading);
  return reading.timing;
}

function refused({ field, reason }: TimingFault): Error {
  return invalidField(field, reason);
}
