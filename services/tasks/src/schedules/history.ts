// The history of a schedule: the commits of its record and what became of its due times, as one list in order of time. Each of the two
// is in order by itself, and a cursor says how far either was told.

import type { ScheduleHistoryReplyChange as Entry } from '@egg/contract/types/tasks';
import { invalidField } from '@egg/rpc/errors';
import type { DecisionDocument } from './documents.ts';

/** How far the list was told. */
export interface Position {
  readonly revision: number;
  /** Of a turn so many entries. */
  readonly turn: number;
  readonly part: number;
}

/** An entry, and the position behind it in its own list. */
export interface Told {
  readonly entry: Entry;
  readonly behind: Partial<Position>;
}

export const START: Position = { revision: 0, turn: 0, part: 0 };

/** Throws INVALID_ARGUMENT for what is no cursor. */
export function positionOf(cursor: string | undefined): Position {
  if (cursor === undefined) return START;
  const [, revision, turn, part] = /^(\d{1,15})-(\d{1,15})-(\d)$/.exec(cursor) ?? [];
  if (revision === undefined) throw invalidField('cursor', 'is not a cursor of this query');
  return { revision: Number(revision), turn: Number(turn), part: Number(part) };
}

export function cursorOf({ revision, turn, part }: Position): string {
  return `${revision}-${turn}-${part}`;
}

/** What a decision is in the history; nothing of what is not known yet. */
export function entriesOf(decision: DecisionDocument): Told[] {
  const { turn, missed, fires, state, run_id, reason, trigger, decided_at: at } = decision;
  const actor = trigger?.actor ?? 'schedule';
  const entries: Entry[] = [];
  if (missed) {
    const { first, last, count } = missed;
    entries.push({ at, actor, verb: 'missed', due_at: first, last_due_at: last, count });
  }
  if (fires && (state === 'fired' || state === 'skipped' || state === 'missed')) {
    const { due } = fires;
    entries.push({
      at,
      actor,
      verb: state,
      due_at: due,
      last_due_at: due,
      count: 1,
      ...(run_id !== undefined && { run_id }),
      ...(reason !== undefined && { reason }),
    });
  }
  return entries.map((entry, index) => ({ entry, behind: { turn, part: index + 1 } }));
}

/** The first entries of both lists in order of time, at most `limit`, and the position behind them. */
export function mergeTold(
  commits: readonly Told[],
  decisions: readonly Told[],
  { from, limit }: { from: Position; limit: number },
): { entries: Entry[]; position: Position } {
  const entries: Entry[] = [];
  let position = from;
  for (let [left, right] = [0, 0]; entries.length < limit;) {
    const [commit, decision] = [commits[left], decisions[right]];
    const next = !decision || (commit && commit.entry.at <= decision.entry.at) ? commit : decision;
    if (!next) break;
    if (next === commit) left++;
    else right++;
    entries.push(next.entry);
    position = { ...position, ...next.behind };
  }
  return { entries, position };
}
