// Fires what was decided to fire: looks whether the runs before it are over, starts the run, and says what became of it. One replica at
// a time does so for a schedule; one that dies in between leaves it to another, which starts the same run or finds it.

import type { Run } from '@egg/contract/types/tasks';
import { RpcError, toRpcError } from '@egg/rpc/errors';
import type { Origin } from '@egg/store';
import { PROMPT_MS } from '../domain/times-decide.ts';
import { nextTime } from '../domain/times.ts';
import type { RunStarter } from '../runs/runs.ts';
import type { DecisionDocument, EndState, TimesDocument } from './documents.ts';
import { timingOf } from './turn.ts';
import type { Turns } from './turns.ts';

type LogLine = (details: object, message: string) => void;

export interface FiringParts {
  readonly turns: Turns;
  readonly starter: RunStarter;
  /** The run that was started by an origin's idempotency; undefined if there is none. */
  readonly findRun: (origin: Origin, deadline: number) => Promise<Run | undefined>;
  readonly log: { readonly debug: LogLine; readonly info: LogLine; readonly warn: LogLine };
}

const START_MS = 8000;
const RETRY_MS = 1000;
const POLL_MS = 500;
/** Whoever makes a schedule's commits and runs where nobody asked by hand. */
const ACTOR = 'schedule';
/** A start that is refused so is refused for good. */
const REFUSALS = new Set([
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'FAILED_PRECONDITION',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'OUT_OF_RANGE',
]);

/** By whom a decision's run is started: always the same, so that it is started once. */
function originOfDecision({ _id, trigger }: DecisionDocument): Origin {
  const key = { key: _id, caller: ACTOR, route: 'egg.tasks.v1.ScheduleService/fire', bodyHash: '' };
  return trigger ?? { actor: ACTOR, from: '', requestId: `schedule-${_id}`, idempotency: key };
}

/** Does the next step of a firing whose schedule this replica has claimed. Throws where the database does not answer. */
export async function fire(
  parts: FiringParts,
  decision: DecisionDocument,
  times: TimesDocument | undefined,
): Promise<void> {
  if (decision.trigger) return endTrigger(parts, decision);
  if (decision.state === 'starting') return start(parts, decision, times);
  const refused = refusal(times);
  if (refused !== undefined || !times) return end(parts, decision, 'skipped', { reason: refused });
  const late = decision.state === 'waiting' ? undefined : lateness(decision, times);
  if (late !== undefined) return end(parts, decision, 'missed', { reason: late });
  if (await mayStart(parts, decision, times)) await start(parts, decision, times);
}

/** Starts a run and notes it; what cannot be known now is tried again. */
async function start(
  parts: FiringParts,
  decision: DecisionDocument,
  times: TimesDocument | undefined,
): Promise<void> {
  const { turns, starter, findRun } = parts;
  const [origin, deadline] = [originOfDecision(decision), Date.now() + START_MS];
  const begun = decision.state === 'starting';
  if (!begun && !(await turns.starting(decision))) return;
  try {
    const found = begun ? await findRun(origin, deadline) : undefined;
    if (found) return await end(parts, decision, 'fired', { run_id: found.id });
    const refused = refusal(times);
    if (refused !== undefined || !times) return await end(parts, decision, 'skipped', { reason: refused });
    const late = begun ? lateness(decision, times) : undefined;
    if (late !== undefined) return await end(parts, decision, 'missed', { reason: late });
    const { task_id: taskId, strategy_id: strategyId } = times.plan;
    const scheduleId = decision.schedule;
    const run = await starter.startRun({ taskId, strategyId, scheduleId, origin, deadline });
    await end(parts, decision, 'fired', { run_id: run.id });
  } catch (thrown) {
    const error = toRpcError(thrown);
    if (REFUSALS.has(error.code)) return end(parts, decision, 'skipped', { reason: error.message });
    parts.log.debug({ err: error, decision: decision._id }, 'a run of a schedule cannot be started yet');
    await turns.later(decision, new Date(Date.now() + RETRY_MS));
  }
}

/** Whether the runs before it let it start; else what becomes of it is written. */
async function mayStart(
  parts: FiringParts,
  decision: DecisionDocument,
  times: TimesDocument,
): Promise<boolean> {
  const { turns, starter } = parts;
  const { _id: schedule, open_runs, plan, waiting_turn } = times;
  const { overlap } = plan;
  if (overlap === 'queue' && waiting_turn !== undefined && waiting_turn !== decision.turn) {
    const waiting = await turns.decision(schedule, waiting_turn);
    if (waiting?.state === 'waiting') {
      await end(parts, decision, 'skipped', {
        reason: 'another due time waits already',
      });
      return false;
    }
  }
  const isOver = await Promise.all(open_runs.map((run) => starter.isOver(run)));
  const over = open_runs.filter((_, index) => isOver[index]);
  if (over.length > 0) await turns.closed(schedule, over);
  const left = open_runs.filter((_, index) => !isOver[index]);
  if (left.length === 0) return true;
  if (overlap === 'cancel') {
    for (const run of left) await cancel(starter, run, decision);
    await turns.closed(schedule, left);
    return true;
  }
  if (overlap === 'queue') await turns.wait(decision, new Date(Date.now() + POLL_MS));
  else {
    const reason = `run ${left.at(-1)} is not over`;
    await end(parts, decision, 'skipped', { reason });
  }
  return false;
}

async function cancel(starter: RunStarter, run: number, decision: DecisionDocument): Promise<void> {
  const { idempotency: _, ...origin } = originOfDecision(decision);
  const reason = 'its schedule is due again';
  try {
    await starter.cancelRun(run, { reason, origin, deadline: Date.now() + START_MS });
  } catch (error) {
    if (toRpcError(error).code !== 'NOT_FOUND') throw error;
  }
}

/** The call that fired it by hand was broken off: what it did holds, and nothing more is done. */
async function endTrigger(parts: FiringParts, decision: DecisionDocument): Promise<void> {
  const run = await parts.findRun(originOfDecision(decision), Date.now() + START_MS);
  if (run) return end(parts, decision, 'fired', { run_id: run.id });
  return end(parts, decision, 'skipped', { reason: 'the call that asked for it was broken off' });
}

/** Says what became of a firing. A run is noted with the schedule first, so that what comes next sees it. */
export async function end(
  { turns, log }: Pick<FiringParts, 'turns' | 'log'>,
  decision: DecisionDocument,
  state: EndState,
  { run_id, reason }: { readonly run_id?: number; readonly reason?: string | undefined } = {},
): Promise<void> {
  const { schedule, fires } = decision;
  if (run_id !== undefined) await turns.opened(schedule, run_id);
  const how = {
    state,
    ...(run_id !== undefined && { run_id }),
    ...(reason !== undefined && { reason }),
  };
  if (!(await turns.end(decision, how))) return;
  const details = { schedule, due_at: fires?.due, ...how };
  if (state === 'missed') log.warn(details, 'a due time of a schedule was missed');
  else log.info(details, `a due time of a schedule was ${state}`);
}

/** Why nothing fires any more, whenever it is due. */
function refusal(times: TimesDocument | undefined): string | undefined {
  if (!times || times.gone_at) return 'the schedule was deleted';
  return times.plan.enabled ? undefined : 'the schedule is not enabled any more';
}

/** Why it is too late to fire. */
function lateness({ fires }: DecisionDocument, { plan }: TimesDocument): string | undefined {
  if (!fires) throw new RpcError('INTERNAL', 'a firing has no due time');
  const now = new Date();
  const lateMs = now.getTime() - fires.at.getTime();
  if (lateMs > Math.max(plan.catch_up_seconds * 1000, PROMPT_MS)) return 'it could not fire in time';
  const timing = lateMs > PROMPT_MS ? timingOf(plan) : undefined;
  const next = timing && nextTime(timing, fires.due);
  return next && next <= now ? 'it could not fire before the next due time' : undefined;
}
