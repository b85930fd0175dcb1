// Executions and counts as the API shows them.

import type { Execution, Run, RunCounts } from '@egg/contract/types/tasks';
import type { Database } from '@egg/store';
import { totalOf } from '../domain/progress.ts';
import { type ExecutionDocument, runProgress } from './documents.ts';

export function asExecution(document: ExecutionDocument): Execution {
  const { _id: id, run, host, host_name, wave, state, attempt, queued_at } = document;
  const { sent_at, ended_at, previous_version, exit_code, message } = document;
  return {
    id,
    run_id: run,
    host_id: host,
    host: host_name,
    state,
    attempt,
    wave,
    queued_at,
    ...(sent_at && { sent_at }),
    ...(ended_at && { ended_at }),
    ...(previous_version !== undefined && { previous_version }),
    ...(exit_code !== undefined && { exit_code }),
    ...(message !== undefined && { message }),
  };
}

const NOTHING: RunCounts = {
  queued: 0,
  sent: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  timed_out: 0,
  rejected: 0,
  expired: 0,
  cancelled: 0,
  total: 0,
};

/** The records with how far they are. */
export async function withCounts(
  records: readonly Run[],
  database: Pick<Database, 'collection'>,
): Promise<Run[]> {
  const ids = records.map(({ id }) => id);
  const found = await runProgress(database)
    .find({ _id: { $in: ids } }, { projection: { counts: 1 } })
    .toArray();
  const counts = new Map(found.map(({ _id, counts }) => [_id, counts]));
  return records.map((record): Run => {
    const own = counts.get(record.id);
    if (!own) return { ...record, counts: NOTHING, in_flight: 0 };
    return { ...record, counts: { ...own, total: totalOf(own) }, in_flight: own.sent + own.running };
  });
}
