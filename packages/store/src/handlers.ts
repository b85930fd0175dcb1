// The methods that every table serves: Add, Update, Delete, List, History, Changes. A service names its table and has them.

import type { CallContext, Handlers } from '@egg/rpc';
import { invalidField, RpcError } from '@egg/rpc/errors';
import type { Change, Commit, Row } from './record.ts';
import type { WholeRules } from './rules.ts';
import type { Table } from './table.ts';
import { notFound } from './view.ts';
import type { Writes } from './writes.ts';

const DEFAULT_LIMIT = 100;
const HISTORY_LIMIT = 1000;

interface ListRequest {
  readonly id?: number;
  readonly limit?: number;
  readonly cursor?: string;
  readonly q?: string;
  readonly sort?: string;
  readonly revision?: number;
}

interface ChangesRequest {
  readonly since: number;
  readonly to?: number;
  readonly log?: string;
  readonly full?: boolean;
}

/** The handlers of a table's service. */
export function tableHandlers<
  R extends Row,
  Add extends object,
  Update extends { id: number; clear?: string[] },
>(table: Table<R>, writes: Writes<R>, rules: WholeRules<R, Add, Update>): Handlers {
  return {
    async Add(request: Add, context: CallContext) {
      const commit = await writes.add(rules.build(request), context, { join: rules.join });
      const record = commit?.changes[0]?.after;
      return { data: record && rules.answer(record) };
    },

    async Update(request: Update, context: CallContext) {
      const { record } = await writes.update(request.id, (before) => rules.change(before, request), context);
      return { data: rules.answer(record) };
    },

    async Delete({ id }: { id: number }, context: CallContext) {
      return deletedReply(await writes.remove(id, context));
    },

    async List(request: ListRequest, context: CallContext) {
      const decorate = request.revision === undefined ? rules.decorate : undefined;
      if (request.id !== undefined) {
        const row = await findOne(table, request.id, request.revision, context);
        return { data: decorate ? await decorate([row]) : [row], total: 1, total_exact: true };
      }
      const filter = rules.filter(request as Readonly<Record<string, unknown>>);
      const within = rules.within(request as Readonly<Record<string, unknown>>);
      const page = await table.page(
        {
          limit: request.limit ?? DEFAULT_LIMIT,
          descending: request.sort?.startsWith('-') ?? false,
          ...(request.cursor !== undefined && { cursor: request.cursor }),
          ...(request.q !== undefined && { piece: request.q }),
          ...(request.revision !== undefined && { revision: request.revision }),
          ...(Object.keys(filter).length > 0 && { filter }),
          ...(within && { within }),
        },
        context.deadline,
      );
      return {
        data: decorate ? await decorate(page.rows) : page.rows,
        ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
        total: page.total,
        total_exact: page.totalExact,
      };
    },

    async History({ id, limit = HISTORY_LIMIT, cursor }: { id: number; limit?: number; cursor?: string }) {
      const after = cursor === undefined ? 0 : revisionOf(cursor);
      const { commits, more } = await table.touching(id, after, limit);
      if (commits.length === 0 && after === 0) throw notFound(id);
      return {
        data: commits.flatMap((commit) =>
          commit.changes.filter((change) => change.id === id).map(told(commit)),
        ),
        ...(more && { next_cursor: String(commits.at(-1)?.revision) }),
      };
    },

    async *Changes({ since, to, log, full = false }: ChangesRequest, context: CallContext) {
      if (log !== undefined && log !== table.history) {
        throw new RpcError('OUT_OF_RANGE', 'log names another history of this table: start again at 0', {
          violations: [{ field: 'log', reason: 'is another history: start again at 0' }],
        });
      }
      const delta = await table.changes(since, to, context.deadline);
      const { from, snapshot } = delta;
      yield { data: { log: table.history, from, to: delta.to, snapshot } };
      for await (const { added, removed } of delta.chunks) {
        if (added) yield { data: { added } };
        if (removed)
          yield { data: full ? { removed_records: removed } : { removed: removed.map(({ id }) => id) } };
      }
    },
  };
}

/** The record as it was, and the revision of its deletion. */
export function deletedReply<R extends Row>(commit: Commit<R> | undefined): { data: object } {
  return { data: { ...commit?.changes[0]?.before, revision: commit?.revision } };
}

async function findOne<R extends Row>(
  table: Table<R>,
  id: number,
  revision: number | undefined,
  context: CallContext,
): Promise<R> {
  if (revision !== undefined) {
    await table.follow(context.deadline);
    table.refuseFuture('revision', revision);
  }
  const row = await table.get(id, revision);
  if (!row) throw notFound(id);
  return row;
}

function told(commit: Commit): (change: Change) => object {
  const { revision, at, actor, verb } = commit;
  return ({ before, after }) => ({
    revision,
    at,
    actor,
    verb,
    ...(before && { before }),
    ...(after && { after }),
  });
}

function revisionOf(cursor: string): number {
  if (!/^[1-9]\d{0,15}$/.test(cursor)) throw invalidField('cursor', 'is not a cursor of this query');
  return Number(cursor);
}
