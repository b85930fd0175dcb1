// Fires a schedule by hand: at once, whatever it says of overlap, and also where it is not enabled.

import { setTimeout as delay } from 'node:timers/promises';
import type { Run, Schedule } from '@egg/contract/types/tasks';
import { RpcError, toRpcError } from '@egg/rpc/errors';
import type { Origin } from '@egg/store';
import type { DecisionDocument } from './documents.ts';
import { end } from './fire.ts';
import type { Schedules } from './schedules.ts';
import { triggerTurn } from './turn.ts';

/** By then the call is over; if it was broken off, another replica looks what it did. */
const OVER_MS = 30_000;
const START_MS = 8000;
const POLL_MS = 50;

/** Starts the run and notes it in the history. Throws RpcError where it is not started. */
export async function triggerRun(
  schedules: Schedules,
  record: Schedule,
  origin: Origin,
  until: number,
): Promise<Run> {
  const deadline = Math.min(until, Date.now() + START_MS);
  const decision = await decideTrigger(schedules, record, origin, deadline);
  const { task_id: taskId, strategy_id: strategyId, id: scheduleId } = record;
  try {
    const run = await schedules.starter.startRun({ taskId, strategyId, scheduleId, origin, deadline });
    await end(schedules, decision, 'fired', { run_id: run.id });
    return run;
  } catch (thrown) {
    const { code, message } = toRpcError(thrown);
    // Of what is unknown another look tells later.
    if (code !== 'UNAVAILABLE' && code !== 'DEADLINE_EXCEEDED' && code !== 'INTERNAL') {
      await end(schedules, decision, 'skipped', { reason: message });
    }
    throw thrown;
  }
}

async function decideTrigger(
  { turns, followed }: Schedules,
  { id, revision }: Schedule,
  trigger: Origin,
  deadline: number,
): Promise<DecisionDocument> {
  await followed(revision, deadline);
  for (;;) {
    const times = await turns.read(id);
    if (Date.now() > deadline)
      throw new RpcError('UNAVAILABLE', 'the schedule moves faster than it can be triggered');
    if (times && times.revision >= revision) {
      const now = new Date();
      const own = triggerTurn(times, { trigger, now, lookAt: new Date(now.getTime() + OVER_MS) });
      const decision = await turns.decide(own);
      if (decision) await turns.advance(times, decision);
      if (decision === own) return own;
      if (decision && decision.revision === undefined) continue;
    }
    await delay(POLL_MS);
  }
}
