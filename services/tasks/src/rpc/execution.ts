// The executions of a run, page by page in order of hosts.

import type { ListExecutionsRequest } from '@egg/contract/types/tasks';
import type { CallContext, Handlers } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import type { Database } from '@egg/store';
import { totalOf } from '../domain/progress.ts';
import { type ExecutionDocument, executions as executionsOf, runProgress } from '../runs/documents.ts';
import type { Runs } from '../runs/runs.ts';
import { asExecution } from '../runs/shown.ts';

const LIMIT = 100;
/** A page that finds little looks at so many and then answers with what it has. */
const WINDOW = 5000;

/** `ListExecutions` of RunService. */
export function executionsMethod(runs: Runs, database: Pick<Database, 'collection'>): Handlers {
  const [executions, progress] = [executionsOf(database), runProgress(database)];

  /** Reads on from a host: what was found, and the last host that was looked at, if there may be more behind it. */
  const page = async (
    { run_id: run, state, limit = LIMIT }: ListExecutionsRequest,
    after: number,
  ): Promise<{ found: ExecutionDocument[]; more?: number }> => {
    const most = state === undefined ? limit + 1 : WINDOW;
    const looked = await executions
      .find({ run, host: { $gt: after } })
      .sort({ host: 1 })
      .limit(most)
      .toArray();
    const fitting = looked.filter((one) => state === undefined || one.state === state);
    const found = fitting.slice(0, limit);
    if (fitting.length > limit) return { found, more: found.at(-1)?.host ?? after };
    const last = looked.at(-1);
    return looked.length < most || !last ? { found } : { found, more: last.host };
  };

  return {
    async ListExecutions(request: ListExecutionsRequest, { deadline }: CallContext) {
      await runs.existing(request.run_id, deadline);
      const { found, more } = await page(request, positionIn(request));
      const counts = (await progress.findOne({ _id: request.run_id }))?.counts;
      const total = counts && (request.state === undefined ? totalOf(counts) : counts[request.state]);
      return {
        data: found.map(asExecution),
        ...(more !== undefined && { next_cursor: cursorOf(request, more) }),
        total: total ?? 0,
        total_exact: true,
      };
    },
  };
}

function cursorOf({ run_id, state }: ListExecutionsRequest, host: number): string {
  return Buffer.from(JSON.stringify([host, run_id, state ?? null])).toString('base64url');
}

function positionIn({ run_id, state, cursor }: ListExecutionsRequest): number {
  if (cursor === undefined) return 0;
  try {
    const [host, run, of] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (Number.isSafeInteger(host) && run === run_id && of === (state ?? null)) return host as number;
  } catch {
    // Not what a page gave: refused below.
  }
  throw invalidField('cursor', 'is not a cursor of this query');
}
