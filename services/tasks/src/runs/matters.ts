// The executions that the check-ins of some hosts are about, read at once.

import { executionId, type Report, readExecutionId } from '../domain/work.ts';
import type { ActiveRun, ActiveRuns } from './active-runs.ts';
import type { Change } from './changes.ts';
import { type ExecutionCollection, type ExecutionDocument, MAJORITY } from './documents.ts';
import type { AskingHost } from './tasks-of-hosts.ts';

export interface HostReport extends Report {
  readonly id: string;
}

/** A host that asks, and what it reports of its own executions. */
export interface Asking {
  readonly host: AskingHost;
  readonly reports: readonly HostReport[];
}

/** One execution that a host's check-in is about. */
export interface Matter {
  readonly asking: Asking;
  readonly run: number;
  readonly active: ActiveRun | undefined;
  readonly before: ExecutionDocument | undefined;
  /** Where the run takes another one back, the host's execution in that one. */
  readonly taken: ExecutionDocument | undefined;
  readonly reports: readonly HostReport[];
  change?: Change | undefined;
}

/** What the check-ins of some hosts are about: the runs that want something of them, and those of which they report. */
export async function mattersOf(
  { active: runs, executions }: { readonly active: ActiveRuns; readonly executions: ExecutionCollection },
  all: readonly Asking[],
): Promise<Matter[]> {
  const found = all.flatMap((asking) => {
    const active = new Map(runs.of(asking.host).map((one) => [one.run.id, one]));
    const reported = asking.reports.flatMap(({ id }) => readExecutionId(id)?.run ?? []);
    const ids = new Set([...active.keys(), ...reported]);
    return [...ids].map((run) => ({ asking, run, active: active.get(run) ?? runs.get(run) }));
  });
  const ids = new Set<string>();
  for (const { asking, run, active } of found) {
    ids.add(executionId(run, asking.host.id));
    if (active?.run.reverts !== undefined) ids.add(executionId(active.run.reverts, asking.host.id));
  }
  const documents = await executions.find({ _id: { $in: [...ids] } }, MAJORITY).toArray();
  const byId = new Map(documents.map((document) => [document._id, document]));
  return found.map(({ asking, run, active }): Matter => {
    const id = executionId(run, asking.host.id);
    const reverts = active?.run.reverts;
    return {
      asking,
      run,
      active,
      before: byId.get(id),
      taken: reverts === undefined ? undefined : byId.get(executionId(reverts, asking.host.id)),
      reports: asking.reports.filter((report) => report.id === id),
    };
  });
}
