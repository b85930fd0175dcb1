// The methods of RunService that are not those of every table: an operator holds a run, lets it go on, ends it, or takes it back.

import type { Run, RunRequest } from '@egg/contract/types/tasks';
import type { CallContext, Handlers } from '@egg/rpc';
import type { Runs } from '../runs/runs.ts';
import { revertRun } from '../runs/revert.ts';

type Held = 'pause' | 'resume' | 'cancel';

/** The methods. */
export function runMethods(runs: Runs): Handlers {
  const method =
    (held: Held) =>
    async ({ id }: RunRequest, context: CallContext): Promise<{ data: Run }> => ({
      data: await runs[held](id, context),
    });
  return {
    Pause: method('pause'),
    Resume: method('resume'),
    Cancel: method('cancel'),
    Revert: async ({ id }: RunRequest, context: CallContext) => ({
      data: await revertRun(runs, id, context),
    }),
  };
}
