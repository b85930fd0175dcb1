// What is kept of schedules beside their records: how far each has been decided, and what became of each due time.
//
// The life of a schedule is a chain of turns, numbered 1, 2, 3, … Each turn is one document of `schedule_decisions` whose `_id` names the
// schedule and the turn, so whoever inserts it has decided, and all others find it. A turn decides all due times up to its `last`; where
// the record becomes due at other times, or is triggered, that is a turn as well, so that nobody decides by what no longer holds.
// The document in `schedule_times` says which turn comes next, and is led along behind the decisions: it can be brought up to them by
// any replica at any time.

import type { Schedule } from '@egg/contract/types/tasks';
import type { Database, Origin } from '@egg/store';
import type { DueRange } from '../domain/cron-next.ts';

/** What of a record decides when and how it fires. */
export type Plan = Pick<
  Schedule,
  | 'task_id'
  | 'strategy_id'
  | 'cron'
  | 'every_seconds'
  | 'at'
  | 'time_zone'
  | 'overlap'
  | 'jitter_seconds'
  | 'catch_up_seconds'
  | 'start_at'
  | 'end_at'
  | 'enabled'
  | 'created_at'
>;

export interface TimesDocument {
  /** The schedule's id. */
  readonly _id: number;
  /** Of the commit whose record `plan` is copied from. */
  readonly revision: number;
  readonly plan: Plan;
  /** When the schedule was deleted. */
  readonly gone_at?: Date;
  /** The number of the turn that comes next. */
  readonly turn: number;
  /** Turns before this one are not kept any more. */
  readonly first_turn: number;
  /** All due times up to here are decided. */
  readonly after: Date;
  /** The first due time after it; null where there is none. */
  readonly next_run_at: Date | null;
  /** Runs that were started and may not be over. */
  readonly open_runs: readonly number[];
  /** The turn whose firing waits until they are. */
  readonly waiting_turn?: number;
  /** Who fires what is due of the schedule just now, and until when nobody else may. */
  readonly claim?: string;
  readonly claim_until: Date;
}

/** Of a turn's firing. `starting`: a run is being started, or was by a replica that has died since. */
export type OpenState = 'pending' | 'waiting' | 'starting';
export type EndState = 'fired' | 'skipped' | 'missed';

export interface DecisionDocument {
  /** `<schedule>:<turn>` */
  readonly _id: string;
  readonly schedule: number;
  readonly turn: number;
  readonly decided_at: Date;
  /** All due times up to here are decided. */
  readonly last: Date;
  /** Due times that can fire no more. */
  readonly missed?: DueRange;
  /** The due time that fires, and when. */
  readonly fires?: { readonly due: Date; readonly at: Date };
  /** What became of `fires`; absent where nothing fires. */
  readonly state?: OpenState | EndState;
  /** When somebody looks at it next; absent when its end is known. */
  readonly look_at?: Date;
  readonly run_id?: number;
  readonly reason?: string;
  /** Somebody asked for it by hand: by this origin the run is known again. */
  readonly trigger?: Origin;
  /** Of the commit after which the schedule is due at other times, or never. */
  readonly revision?: number;
}

export const OPEN_STATES: readonly OpenState[] = ['pending', 'waiting', 'starting'];

type Collections = Pick<Database, 'collection'>;

/** How far each schedule is decided. */
export function timesIn(database: Collections) {
  return database.collection<TimesDocument>('schedule_times');
}

/** What was decided. */
export function decisionsIn(database: Collections) {
  return database.collection<DecisionDocument>('schedule_decisions');
}

export type TimesCollection = ReturnType<typeof timesIn>;
export type DecisionCollection = ReturnType<typeof decisionsIn>;

/** What of a record is copied. */
export function planOf(record: Schedule): Plan {
  const { task_id, strategy_id, cron, every_seconds, at, time_zone, overlap } = record;
  const { jitter_seconds, catch_up_seconds, start_at, end_at, enabled, created_at } = record;
  return {
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
    created_at,
  };
}

/** The name of a turn's document. */
export function decisionId(schedule: number, turn: number): string {
  return `${schedule}:${turn}`;
}
