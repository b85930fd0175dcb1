// What is kept of runs beside their log: how far each is, and the executions. Both change too often for a log.

import type { Database } from '@egg/store';
import type { Counts, ExecutionState } from '../domain/progress.ts';

export { DURABLE, MAJORITY } from '@egg/store';

/** `expiring`: nobody new gets work any more, and the run ends when what is under way has ended. */
type ProgressState = 'running' | 'paused' | 'expiring' | 'succeeded' | 'failed' | 'aborted' | 'cancelled';

/** Some changes of executions that somebody is about to make; it goes with the update that counts the last of them. */
export interface Reservation {
  readonly batch: string;
  /** How many places of those that may be in flight it holds. */
  readonly n: number;
  readonly at: Date;
  /** How many changes there are at most. */
  readonly size: number;
  /** Executions whose change was counted by somebody who found it. */
  readonly counted: readonly string[];
}

interface WaveProgress {
  readonly total?: number;
  readonly ended?: number;
  readonly succeeded?: number;
}

export interface ProgressDocument {
  /** The run's id. */
  readonly _id: number;
  /** Of the run's commit that it knows. */
  readonly revision: number;
  readonly state: ProgressState;
  readonly wave: number;
  /** Executions that are sent or running, and places that are reserved for some. */
  readonly in_flight: number;
  readonly counts: Counts;
  /** By the number of the wave. */
  readonly waves: Readonly<Record<string, WaveProgress>>;
  readonly reserved: readonly Reservation[];
  /** Why it ended by itself. */
  readonly reason?: string;
  /** Nothing of the run can change any more. */
  readonly settled: boolean;
}

/**
 * The last change of an execution and the batch it was made in. As long as the run's progress has the batch's reservation, and that does
 * not name the execution, the change is not counted; after that it is, whether or not the mark is still there.
 */
interface ExecutionMark {
  readonly batch: string;
  readonly from?: ExecutionState;
  readonly to: ExecutionState;
}

export interface ExecutionDocument {
  /** `<run>-<host>` */
  readonly _id: string;
  readonly run: number;
  readonly host: number;
  readonly host_name: string;
  readonly wave: number;
  readonly state: ExecutionState;
  readonly attempt: number;
  readonly queued_at: Date;
  readonly sent_at?: Date;
  readonly ended_at?: Date;
  /** When the attempt has taken too long. */
  readonly due_at?: Date;
  /** Not handed out again before. */
  readonly not_before?: Date;
  readonly previous_version?: string;
  readonly exit_code?: number;
  readonly message?: string;
  /** As long as it has not ended. */
  readonly open?: true;
  /** It has ended, and the bus was not told. */
  readonly untold?: true;
  readonly mark?: ExecutionMark;
}

type Collections = Pick<Database, 'collection'>;

/** The collection of all runs' progress. */
export function runProgress(database: Collections) {
  return database.collection<ProgressDocument>('run_progress');
}

/** The collection of all executions. */
export function executions(database: Collections) {
  return database.collection<ExecutionDocument>('executions');
}

export type ProgressCollection = ReturnType<typeof runProgress>;
export type ExecutionCollection = ReturnType<typeof executions>;

/** Makes the indexes. To be called while the collections are small. */
export async function prepareRuns(database: Collections): Promise<void> {
  const all = executions(database);
  await all.createIndex({ run: 1, host: 1 });
  await all.createIndex({ run: 1, open: 1 });
  await all.createIndex({ open: 1, due_at: 1 });
  await all.createIndex({ 'mark.batch': 1 }, { sparse: true });
  await all.createIndex({ untold: 1 }, { sparse: true });
  await runProgress(database).createIndex({ settled: 1 });
}
