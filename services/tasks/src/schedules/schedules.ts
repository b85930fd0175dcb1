// The schedules of one process, put together: the table followed, and what is due decided and fired.

import type { Run, Schedule } from '@egg/contract/types/tasks';
import { type Database, type PositionDocument, startLogWorker, type Table } from '@egg/store';
import type { RunStarter } from '../runs/runs.ts';
import { Engine } from './engine.ts';
import type { FiringParts } from './fire.ts';
import { followSchedules } from './follow.ts';
import { Turns } from './turns.ts';

export interface SchedulesOptions {
  readonly database: Pick<Database, 'collection'>;
  readonly schedules: Table<Schedule>;
  readonly runs: Table<Run>;
  readonly starter: RunStarter;
  readonly log: FiringParts['log'];
}

export interface Schedules extends FiringParts {
  /** Resolves when the times are in step with the records up to a revision; false where that takes longer than to the deadline. */
  followed(this: void, revision: number, deadline: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts them. Throws where the database does not answer. */
export async function startSchedules(options: SchedulesOptions): Promise<Schedules> {
  const { database, schedules, runs, starter, log } = options;
  const turns = await Turns.open(database);
  const follower = startLogWorker<Schedule>({
    name: 'schedule_times',
    source: schedules.source(),
    positions: database.collection<PositionDocument>('positions'),
    work: (commits) => followSchedules(turns, commits),
    log,
  });
  const findRun: FiringParts['findRun'] = async (origin, deadline) =>
    (await runs.repeated(origin, deadline))?.changes[0]?.after;
  const parts: FiringParts = { turns, starter, findRun, log };
  const engine = new Engine(parts);
  engine.start();
  return {
    ...parts,
    followed: (revision, deadline) => follower.reached(revision, deadline),
    stop: async () => {
      await Promise.all([engine.stop(), follower.stop()]);
    },
  };
}
