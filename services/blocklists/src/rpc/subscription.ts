// The methods of SubscriptionService that are not those of every table: fetch now, let a held update in, and a delete that says what
// becomes of the entries.

import type {
  AcceptSubscriptionRequest,
  DeleteSubscriptionRequest,
  RefreshSubscriptionRequest,
  Subscription,
} from '@egg/contract/types/blocklists';
import type { CallContext, Handlers, UnaryHandler } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import type { Table } from '@egg/store';
import { ask } from '../subscriptions/fetch-steps.ts';
import { followRecord } from '../subscriptions/record-steps.ts';
import { withFetch } from '../subscriptions/shown.ts';
import type { Subscriptions } from '../subscriptions/subscriptions.ts';

/** An answer has to be on its way before the caller's deadline; nobody waits for longer than a list may take. */
const ANSWER_MS = 1000;
const LONGEST_WAIT_MS = 10 * 60_000;

type Delete = (request: DeleteSubscriptionRequest, context: CallContext) => Promise<object>;

/** The methods, over those that the table has by itself. */
export function subscriptionMethods(
  table: Table<Subscription>,
  subscriptions: Subscriptions,
  standard: Handlers,
): Handlers {
  const { states } = subscriptions;
  const deleteRecord = standard['Delete'] as UnaryHandler as Delete;

  /** The record and its state, which may not be there yet where another replica has just added it. Throws NOT_FOUND. */
  const find = async (id: number, context: CallContext): Promise<Subscription> => {
    await table.follow(context.deadline);
    const record = await table.get(id);
    if (!record) {
      throw new RpcError('NOT_FOUND', `there is no record with id ${id}`, {
        violations: [{ field: 'id', reason: 'is not there' }],
      });
    }
    await states.stepOrBegin(id, (state) => followRecord(state, record, new Date()));
    return record;
  };

  const fetchNow = async (
    record: Subscription,
    wish: { isForced: boolean; accepted?: number },
    context: CallContext,
  ): Promise<object> => {
    const { id } = record;
    const cause = { from: context.from, request_id: context.requestId };
    const asked = await states.step(id, (state) => ask(state, new Date(), { cause, ...wish }));
    subscriptions.wake();
    const ended = (asked?.fetches ?? 0) + (asked?.again ? 2 : 1);
    const state = await states.until(
      id,
      (now) => !now || now.phase !== 'live' || now.fetches >= ended || isGivenUp(now),
      waiting(context),
    );
    return { data: withFetch((await table.get(id)) ?? record, state) };
  };

  return {
    async Refresh({ id, force = false }: RefreshSubscriptionRequest, context: CallContext) {
      return fetchNow(await find(id, context), { isForced: force }, context);
    },

    async Accept({ id }: AcceptSubscriptionRequest, context: CallContext) {
      const record = await find(id, context);
      const held = (await states.read(id))?.held;
      if (!held) {
        throw new RpcError('FAILED_PRECONDITION', 'no update of this subscription is held back', {
          violations: [{ field: 'id', reason: 'has no update that is held back' }],
        });
      }
      return fetchNow(record, { isForced: false, accepted: held.entries }, context);
    },

    async Delete(request: DeleteSubscriptionRequest, context: CallContext) {
      const { id, keep_entries = false } = request;
      // Written down before the commit, because whoever finishes a deletion may not be who began it.
      const record = await table.get(id);
      await states.stepOrBegin(id, (now) => {
        const state = now ?? (record && followRecord(undefined, record, new Date()));
        return state?.phase === 'live' ? { ...state, keep_entries } : undefined;
      });
      const answer = await deleteRecord(request, context);
      await subscriptions.settled();
      await states.until(id, (state) => !state || state.phase === 'gone', waiting(context));
      return answer;
    },
  };
}

/** Somebody has disabled it meanwhile. */
function isGivenUp(state: { claim?: string; next_fetch_at: Date | null }): boolean {
  return state.claim === undefined && state.next_fetch_at === null;
}

function waiting({ deadline, signal }: CallContext): { deadline: number; signal: AbortSignal } {
  return { deadline: Math.min(deadline - ANSWER_MS, Date.now() + LONGEST_WAIT_MS), signal };
}
