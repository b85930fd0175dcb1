// Keeps the times of schedules in step with their records: every commit of the log is followed, in order and by every replica, whoever
// wrote it. Each step may come again.

import { setTimeout as delay } from 'node:timers/promises';
import type { Schedule } from '@egg/contract/types/tasks';
import type { Commit } from '@egg/store';
import { isSameTiming } from '../domain/times-same.ts';
import { type Plan, planOf, type TimesDocument } from './documents.ts';
import { changeTurn, nextRunAt } from './turn.ts';
import type { Turns } from './turns.ts';

const EPOCH = new Date(0);
const POLL_MS = 50;

/** Follows commits that follow one another. */
export async function followSchedules(turns: Turns, commits: readonly Commit<Schedule>[]): Promise<void> {
  for (const { changes, revision, at } of commits) {
    for (const { id, after } of changes) {
      await followChange(turns, id, { revision, at, plan: after && planOf(after) });
    }
  }
}

interface Followed {
  readonly revision: number;
  readonly at: Date;
  /** Undefined where the schedule was deleted. */
  readonly plan: Plan | undefined;
}

async function followChange(turns: Turns, id: number, { revision, at, plan }: Followed): Promise<void> {
  for (;;) {
    const times = await turns.read(id);
    if (!times) {
      // What was deleted long ago is forgotten.
      if (!plan || (await turns.begin(begun(id, { revision, at, plan })))) return;
      continue;
    }
    if (times.revision >= revision) return;
    if (plan && plan.enabled === times.plan.enabled && isSameTiming(plan, times.plan)) {
      return turns.copy(id, { revision, plan });
    }
    const decision = await turns.decide(changeTurn(times, revision, at));
    if (decision?.revision === revision) {
      const { turn, last } = decision;
      const next = plan ? nextRunAt(plan, last) : null;
      const moved = { revision, turn: turn + 1, after: last, next_run_at: next };
      await turns.move(times, { ...moved, ...(plan ? { plan } : { gone_at: at }) });
    } else if (decision && decision.revision === undefined) await turns.advance(times, decision);
    else await delay(POLL_MS);
  }
}

function begun(
  id: number,
  { revision, at, plan }: { revision: number; at: Date; plan: Plan },
): TimesDocument {
  const next = nextRunAt(plan, at);
  const turns = { turn: 1, first_turn: 1, after: at, next_run_at: next };
  return { _id: id, revision, plan, ...turns, open_runs: [], claim_until: EPOCH };
}
