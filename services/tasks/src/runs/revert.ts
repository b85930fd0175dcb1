// Takes a run back: a run of its own that brings each host that got work by the first one to the version that it had.

import type { Run } from '@egg/contract/types/tasks';
import type { CallContext } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import { originOf } from '@egg/store';
import { ONE_WAVE } from '../domain/waves.ts';
import { systemOrigin } from './calls.ts';
import { isLive } from './run-records.ts';
import type { Runs } from './runs.ts';

/**
 * Ends the run if it has not ended, so that what it touched is settled, and starts the one that takes it back. Throws NOT_FOUND,
 * FAILED_PRECONDITION where the run is no update.
 */
export async function revertRun(runs: Runs, id: number, context: CallContext): Promise<Run> {
  const origin = originOf(context);
  const repeated = await runs.startedBefore(origin, context.deadline);
  if (repeated) return repeated;
  const run = await runs.existing(id, context.deadline);
  const { task, strategy, reverts } = run;
  if (task.action !== 'update' || (task.version === undefined && reverts === undefined)) {
    throw new RpcError('FAILED_PRECONDITION', 'the run is no update, so there is no version to go back to', {
      violations: [{ field: 'id', reason: 'is of a run that is no update' }],
    });
  }
  if (isLive(run)) {
    const { actor, from, requestId } = origin;
    const end = { state: 'cancelled', reason: `taken back by ${actor}` } as const;
    await runs.end(id, end, { ...systemOrigin(), actor, from, requestId }, context.deadline);
  }
  const { version: _version, file: _file, payload: _payload, ...rest } = task;
  const { abort: _abort, ...kept } = strategy;
  return runs.add(
    {
      task_id: run.task_id,
      strategy_id: run.strategy_id,
      task: rest,
      // Whoever was touched is brought back, whatever it matches by now.
      strategy: { ...kept, target: {}, waves: [...ONE_WAVE] },
      uses: { egg_id: task.egg_id },
      reverts: id,
    },
    origin,
    context.deadline,
  );
}
