// Changes of executions as they are planned, and what they come to for their run.

import { type ExecutionState, isEnded, type Move, summed } from '../domain/progress.ts';
import type { ExecutionDocument } from './documents.ts';

export interface Change {
  /** What it was decided on; absent for a new execution. */
  readonly before?: ExecutionDocument | undefined;
  readonly after: ExecutionDocument;
  /** It gives a host work, or has it wait for some: only while the run is running and the wave is open. */
  readonly isHandingOut: boolean;
  /** What becomes of it where there is no place left among those in flight. */
  readonly otherwise?: ExecutionDocument;
}

/**
 * The execution as it was made; or `lost`: somebody else was faster; `pending`: an earlier change of it is not counted yet; `refused`:
 * the run does not hand out, or not so much.
 */
export type Outcome = ExecutionDocument | 'lost' | 'pending' | 'refused';

export function moveOf({ before, after }: Pick<Change, 'before' | 'after'>): Move {
  return { from: before?.state, to: after.state, wave: after.wave };
}

/** What is to be added to a run's progress by some moves, less the places that were reserved for them. */
export function increments(moves: readonly Move[], places: number): Record<string, number> {
  const { counts, inFlight, waves } = summed(moves);
  const sums: Record<string, number> = { in_flight: inFlight - places };
  for (const [state, count] of Object.entries(counts)) sums[`counts.${state}`] = count;
  for (const [wave, sum] of waves)
    for (const [name, count] of Object.entries(sum)) sums[`waves.${wave}.${name}`] = count;
  return Object.fromEntries(Object.entries(sums).filter(([, count]) => count !== 0));
}

/** An execution in its next state: what held only for the last one is gone from it. */
export function moved(
  execution: ExecutionDocument,
  to: ExecutionState,
  fields: Partial<ExecutionDocument>,
  now: Date,
): ExecutionDocument {
  const { open: _open, untold: _untold, mark: _mark, due_at, not_before: _notBefore, ...kept } = execution;
  const isUnderWay = to === 'sent' || to === 'running';
  return {
    ...kept,
    state: to,
    ...(isUnderWay && due_at && { due_at }),
    ...(isEnded(to) ? { ended_at: now, untold: true as const } : { open: true as const }),
    ...fields,
  };
}
