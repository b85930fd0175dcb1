// A run's progress, made and kept up to the run's record: what the log decides comes into it from here.

import type { Run } from '@egg/contract/types/tasks';
import { NO_COUNTS } from '../domain/progress.ts';
import { unlessTaken } from '@egg/store';
import { DURABLE, type ProgressCollection, type ProgressDocument } from './documents.ts';
import { isLive } from './run-records.ts';

/** As it is before anything was done. */
function freshProgress({ id, revision, state, wave }: Run): ProgressDocument {
  return {
    _id: id,
    revision,
    state,
    wave,
    in_flight: 0,
    counts: NO_COUNTS,
    waves: {},
    reserved: [],
    settled: false,
  };
}

/**
 * Brings a run's progress up to the run as it is at its revision; makes it where it is not there. Harmless to repeat, in any order. What
 * was decided in the progress (that the run aborts, say) stays until the log says how the run has ended.
 */
export async function syncProgress(progress: ProgressCollection, run: Run): Promise<void> {
  if (await raise(progress, run)) return;
  if (await unlessTaken(progress.insertOne(freshProgress(run), DURABLE))) return;
  // It is as new as the run, or another replica has made it at the same moment, of an older revision.
  await raise(progress, run);
}

/** False where there is nothing older. */
async function raise(progress: ProgressCollection, run: Run): Promise<boolean> {
  const { id: _id, revision, state, wave } = run;
  const older = { _id, revision: { $lt: revision } };
  const open = isLive(run) ? { state: { $in: ['running', 'paused'] as ProgressDocument['state'][] } } : {};
  const taken = await progress.updateOne({ ...older, ...open }, { $set: { revision, state, wave } }, DURABLE);
  if (taken.matchedCount > 0 || !isLive(run)) return taken.matchedCount > 0;
  return (await progress.updateOne(older, { $set: { revision, wave } }, DURABLE)).matchedCount > 0;
}
