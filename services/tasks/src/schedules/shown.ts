// What a schedule shows beside its record: when it is due next, which is absent where it is no more.

import type { Schedule } from '@egg/contract/types/tasks';
import type { Database } from '@egg/store';
import { planOf, timesIn } from './documents.ts';
import { nextRunAt } from './turn.ts';

/** The records with the first due time that is not decided yet; jitter comes on top of it. */
export async function withNextRun(
  records: readonly Schedule[],
  database: Pick<Database, 'collection'>,
): Promise<Schedule[]> {
  const ids = records.map(({ id }) => id);
  const found = await timesIn(database)
    .find({ _id: { $in: ids } }, { projection: { revision: 1, next_run_at: 1 } })
    .toArray();
  const known = new Map(found.map(({ _id, ...times }) => [_id, times]));
  return records.map((record) => {
    const times = known.get(record.id);
    // What was committed a moment ago may not be followed yet.
    const isFollowed = times && times.revision >= record.revision;
    return isFollowed ? showing(record, times.next_run_at) : asWritten(record);
  });
}

/** A record just after its commit, when nothing that comes after it is decided. */
export function asWritten(record: Schedule): Schedule {
  return showing(record, nextRunAt(planOf(record), record.updated_at));
}

function showing(record: Schedule, next: Date | null): Schedule {
  return { ...record, ...(next && { next_run_at: next }) };
}
