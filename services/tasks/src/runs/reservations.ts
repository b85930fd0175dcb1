// The first step of a batch: a reservation in the run's progress, which is given only if the run hands out as much as the batch wants.
// Where it does not, the batch wants less and asks again.

import { type Abort, abortReason, ENDED_STATES, type ExecutionState } from '../domain/progress.ts';
import { RpcError } from '@egg/rpc/errors';
import type { Change } from './changes.ts';
import {
  DURABLE,
  type ExecutionDocument,
  MAJORITY,
  type ProgressCollection,
  type ProgressDocument,
  type Reservation,
} from './documents.ts';

/** The run that a batch is of, as far as it matters. */
export interface BatchRun {
  readonly id: number;
  readonly maxInFlight?: number | undefined;
  readonly abort?: Abort | undefined;
}

export interface Reserved {
  readonly granted: readonly Granted[];
  /** How many places among those in flight it holds. */
  readonly places: number;
  /** Those of other batches. */
  readonly others: readonly Reservation[];
}

const TRIES = 4;

/** Undefined where nothing of the batch is to be made. Throws UNAVAILABLE, and what the database throws. */
export async function reserve(
  { progress, now: clock }: { readonly progress: ProgressCollection; readonly now: () => Date },
  {
    run,
    batch,
    changes,
  }: { readonly run: BatchRun; readonly batch: string; readonly changes: readonly Change[] },
): Promise<Reserved | undefined> {
  let granted: Granted[] = changes.map((change) => ({ change, after: change.after }));
  for (let tries = 0; tries < TRIES && granted.length > 0; tries++) {
    const handing = granted.filter(({ change }) => change.isHandingOut);
    const places = placesOf(handing);
    const after = await progress.findOneAndUpdate(
      filterOf(run, handing, places),
      {
        $inc: { in_flight: places },
        $push: { reserved: { batch, n: places, at: clock(), size: granted.length, counted: [] } },
      },
      { returnDocument: 'after', ...DURABLE },
    );
    if (after) return { granted, places, others: after.reserved.filter((one) => one.batch !== batch) };
    const now = await progress.findOne({ _id: run.id }, MAJORITY);
    if (!now) throw new RpcError('UNAVAILABLE', 'the progress of the run is not there yet');
    granted = fitting(granted, run, now, tries === TRIES - 2 ? 0 : roomIn(run, now));
  }
  return undefined;
}

/** Whether the last change of an execution is not counted yet, by what its run's progress has reserved. */
export function isPending({ _id, mark }: ExecutionDocument, reserved: readonly Reservation[]): boolean {
  return reserved.some(({ batch, counted }) => batch === mark?.batch && !counted.includes(_id));
}

/** A change, and what it is to be where there is not place for all. */
export interface Granted {
  readonly change: Change;
  readonly after: ExecutionDocument;
}

/** How many places among those in flight are needed. */
function placesOf(granted: readonly Granted[]): number {
  return granted.filter(({ after }) => after.state === 'sent').length;
}

function filterOf({ id, maxInFlight, abort }: BatchRun, handing: readonly Granted[], places: number) {
  if (handing.length === 0) return { _id: id };
  const wave = Math.max(...handing.map(({ after }) => after.wave));
  return {
    _id: id,
    state: 'running' as const,
    wave: { $gte: wave },
    ...(maxInFlight !== undefined && places > 0 && { in_flight: { $lte: maxInFlight - places } }),
    // Also where the counts say that it aborts, and nobody has written that down yet.
    ...(abort && { $expr: { $not: [aborts(abort)] } }),
  };
}

/** `abortReason` as the database reads it. */
function aborts({ failure_percent, min_executions }: Abort) {
  const sumOf = (states: readonly ExecutionState[]) => ({ $add: states.map((state) => `$counts.${state}`) });
  const ended = sumOf(ENDED_STATES);
  const failures = { $multiply: [sumOf(['failed', 'timed_out']), 100] };
  return {
    $and: [{ $gte: [ended, min_executions] }, { $gte: [failures, { $multiply: [ended, failure_percent] }] }],
  };
}

function roomIn({ maxInFlight = Infinity }: BatchRun, { in_flight }: ProgressDocument): number {
  return Math.max(0, maxInFlight - in_flight);
}

/** What of a batch the run takes as it is now: nothing is handed out unless it runs, nor in waves to come, nor without a place. */
function fitting(
  granted: readonly Granted[],
  { abort }: BatchRun,
  now: ProgressDocument,
  room: number,
): Granted[] {
  const isRunning = now.state === 'running' && abortReason(abort, now.counts) === undefined;
  let left = room;
  return granted.flatMap(({ change, after }): Granted[] => {
    if (!change.isHandingOut) return [{ change, after }];
    if (!isRunning || after.wave > now.wave) return [];
    if (after.state !== 'sent') return [{ change, after }];
    if (left-- > 0) return [{ change, after }];
    return change.otherwise ? [{ change, after: change.otherwise }] : [];
  });
}
