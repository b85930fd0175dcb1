// The known hosts that a run is for, and how far each is with it. Only asked where a decision needs it: never when a run starts or a
// host checks in.

import type { Run } from '@egg/contract/types/tasks';
import { isEnded } from '../domain/progress.ts';
import { readTarget } from '../domain/target.ts';
import type { ExecutionCollection, ExecutionDocument } from './documents.ts';
import type { KnownHost, ScanHosts } from './known-hosts.ts';

export interface HostOfRun {
  readonly host: KnownHost;
  /** Its execution, as far as it is needed here. */
  readonly execution: Pick<ExecutionDocument, 'host' | 'state' | 'attempt'> | undefined;
}

const DENSE = 4;

type Seen = Pick<ExecutionDocument, 'host' | 'state' | 'attempt'>;

/** The hosts that match, some at a time, each with its execution in the run. */
export async function* hostsOfRun(
  run: Pick<Run, 'id' | 'strategy' | 'reverts'>,
  scan: ScanHosts,
  executions: ExecutionCollection,
): AsyncGenerator<HostOfRun[]> {
  const { target } = run.strategy;
  const matches = readTarget(target);
  for await (const hosts of scan(target)) {
    const matching = hosts.filter(matches);
    if (matching.length === 0) continue;
    const touched = run.reverts === undefined ? undefined : await seenIn(executions, run.reverts, matching);
    const meant = touched ? matching.filter(({ id }) => (touched.get(id)?.attempt ?? 0) > 0) : matching;
    if (meant.length === 0) continue;
    const own = await seenIn(executions, run.id, meant);
    yield meant.map((host) => ({ host, execution: own.get(host.id) }));
  }
}

/** Whether a known host that matches has not ended yet. */
export async function hasUnended(hosts: AsyncIterable<readonly HostOfRun[]>): Promise<boolean> {
  for await (const some of hosts)
    if (some.some(({ execution }) => !execution || !isEnded(execution.state))) return true;
  return false;
}

async function seenIn(
  executions: ExecutionCollection,
  run: number,
  hosts: readonly KnownHost[],
): Promise<Map<number, Seen>> {
  const [first, last] = [hosts[0]?.id ?? 0, hosts.at(-1)?.id ?? 0];
  // One look at a range is cheaper than one for each host, where there is not much else in it.
  const isDense = last - first < hosts.length * DENSE;
  const found = executions.find(
    { run, host: isDense ? { $gte: first, $lte: last } : { $in: hosts.map(({ id }) => id) } },
    { projection: { host: 1, state: 1, attempt: 1 }, readConcern: { level: 'majority' } },
  );
  return new Map((await found.toArray()).map((one) => [one.host, one]));
}
