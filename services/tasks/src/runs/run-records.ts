// What a run's record becomes by what is done to it.

import type { Run } from '@egg/contract/types/tasks';
import { RpcError } from '@egg/rpc/errors';
import type { Fields } from '@egg/store';

/** What a run is whose end is decided. */
export interface End {
  readonly state: 'succeeded' | 'failed' | 'aborted' | 'cancelled';
  readonly reason?: string | undefined;
}

/** Whether it has not ended. */
export function isLive({ state }: Pick<Run, 'state'>): boolean {
  return state === 'running' || state === 'paused';
}

/** A run's own fields, as commits have them. */
export function fieldsOf(run: Run): Fields<Run> {
  const { id: _id, revision: _revision, created_at: _created, updated_at: _updated, ...fields } = run;
  return fields;
}

/** The fields of a run that has ended. */
export function ended(run: Run, { state, reason }: End, now: Date): Fields<Run> {
  return {
    ...fieldsOf(run),
    state,
    uses: {},
    ended_at: now,
    ...(reason !== undefined && { reason }),
  };
}

/** Throws FAILED_PRECONDITION for a run that has ended. */
export function live(run: Run): Run {
  if (isLive(run)) return run;
  throw new RpcError('FAILED_PRECONDITION', `the run has ended: it is ${run.state}`, {
    violations: [{ field: 'id', reason: 'is of a run that has ended' }],
  });
}

/** The run that a commit started. */
export function startedBy({ changes }: { readonly changes: readonly { readonly after?: Run }[] }): Run {
  const run = changes[0]?.after;
  if (!run) throw new Error('a start left no run');
  return run;
}
