// The methods of ScheduleService that are not those of every table.

import type {
  PreviewScheduleRequest,
  Schedule,
  ScheduleHistoryReplyChange,
  TriggerScheduleRequest,
} from '@egg/contract/types/tasks';
import type { CallContext, Handlers, UnaryHandler } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import { type Origin, originOf, type Table } from '@egg/store';
import { previewTimes } from '../domain/times.ts';
import { planOf } from '../schedules/documents.ts';
import { cursorOf, mergeTold, positionOf } from '../schedules/history.ts';
import { readDecisions } from '../schedules/read-decisions.ts';
import type { Schedules } from '../schedules/schedules.ts';
import { triggerRun } from '../schedules/trigger.ts';
import { timingOf } from '../schedules/turn.ts';

interface Parts {
  readonly table: Table<Schedule>;
  readonly schedules: Schedules;
  /** The methods that the table has by itself. */
  readonly standard: Handlers;
}

interface HistoryRequest {
  readonly id: number;
  readonly limit?: number;
  readonly cursor?: string;
}

type History = (
  request: HistoryRequest,
  context: CallContext,
) => Promise<{ data: ScheduleHistoryReplyChange[]; next_cursor?: string }>;

const PREVIEW = 10;
const HISTORY_LIMIT = 1000;

/** The methods, over those that the table has by itself. */
export function scheduleMethods({ table, schedules, standard }: Parts): Handlers {
  const commitsOf = standard['History'] as UnaryHandler as History;
  const find = async (id: number, deadline: number): Promise<Schedule> => {
    await table.follow(deadline);
    const record = await table.current(id);
    if (record) return record;
    const violations = [{ field: 'id', reason: 'is not there' }];
    throw new RpcError('NOT_FOUND', `there is no schedule with id ${id}`, { violations });
  };
  return {
    async Preview({ id, count = PREVIEW }: PreviewScheduleRequest, { deadline }: CallContext) {
      const timing = timingOf(planOf(await find(id, deadline)));
      return { data: timing ? previewTimes(timing, new Date(), count) : [] };
    },

    async Trigger({ id }: TriggerScheduleRequest, context: CallContext) {
      const origin = keyed(originOf(context));
      const repeated = await schedules.findRun(origin, context.deadline);
      if (repeated) return { data: repeated };
      const record = await find(id, context.deadline);
      const { ifMatch, deadline } = context;
      if (ifMatch !== undefined && ifMatch !== record.revision) {
        const reason = `the record is at revision ${record.revision}`;
        const violations = [{ field: 'If-Match', reason }];
        throw new RpcError('ABORTED', `${reason}, not ${ifMatch}`, { violations });
      }
      return { data: await triggerRun(schedules, record, origin, deadline) };
    },

    async History({ id, limit = HISTORY_LIMIT, cursor }: HistoryRequest, context: CallContext) {
      const from = positionOf(cursor);
      const more = from.revision > 0 ? { cursor: String(from.revision) } : {};
      const { data, next_cursor } = await commitsOf({ id, limit, ...more }, context);
      const commits = data.map((entry) => ({ entry, behind: { revision: entry.revision ?? 0 } }));
      const decisions = await readDecisions(schedules.turns, id, from, limit + 1);
      // Where the commits go on, nothing is told that is later than the last of them that was read.
      const until = next_cursor === undefined ? undefined : data.at(-1)?.at;
      const known = until ? decisions.filter(({ entry }) => entry.at <= until) : decisions;
      const { entries, position } = mergeTold(commits, known, { from, limit });
      const isMore = entries.length < commits.length + decisions.length || next_cursor !== undefined;
      return { data: entries, ...(isMore && { next_cursor: cursorOf(position) }) };
    },
  };
}

/** A call that can be known again, also where the caller gave it no key. */
function keyed(origin: Origin): Origin {
  const { actor: caller, requestId } = origin;
  const route = 'egg.tasks.v1.ScheduleService/Trigger';
  return { idempotency: { key: `call-${requestId}`, caller, route, bodyHash: '' }, ...origin };
}
