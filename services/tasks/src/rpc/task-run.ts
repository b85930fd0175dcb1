// `POST /task/run`: starts a run, or says whom it would reach.

import type { RunPlan, RunStrategy, RunTaskRequest } from '@egg/contract/types/tasks';
import type { CallContext, Handlers } from '@egg/rpc';
import { readTarget } from '../domain/target.ts';
import { placeOf, waveOf } from '../domain/waves.ts';
import { copiesOf, type Read } from '../runs/copies.ts';
import type { ScanHosts } from '../runs/known-hosts.ts';
import { type Runs, startOf } from '../runs/runs.ts';

export interface TaskRunParts {
  readonly runs: Runs;
  readonly read: Read;
  readonly scan: ScanHosts;
  /** The id that the next run is likely to have: the waves are shown as they would be then. */
  readonly nextId: () => Promise<number>;
}

const SHOWN = 1000;

/** `Run` of TaskService. */
export function taskRunMethod({ runs, read, scan, nextId }: TaskRunParts): Handlers {
  return {
    async Run(request: RunTaskRequest, context: CallContext) {
      if (request.dry_run !== true) return { run: await runs.start(startOf(request, context)) };
      const { strategy } = await copiesOf(read, request.task_id, request.strategy_id);
      return { plan: await planOf(strategy, await nextId(), scan, context) };
    },
  };
}

async function planOf(
  { target, waves }: RunStrategy,
  run: number,
  scan: ScanHosts,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<RunPlan> {
  const planned = waves.map(({ percent }) => ({ percent, hosts: 0, host_ids: [] as number[] }));
  const matches = readTarget(target);
  let hosts = 0;
  for await (const some of scan(target)) {
    signal.throwIfAborted();
    for (const host of some) {
      const wave = matches(host) ? planned[waveOf(placeOf(run, host.id), waves)] : undefined;
      if (!wave) continue;
      hosts++;
      wave.hosts++;
      if (wave.host_ids.length < SHOWN) wave.host_ids.push(host.id);
    }
  }
  return { hosts, waves: planned };
}
