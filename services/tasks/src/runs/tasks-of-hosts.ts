// What a run has a host do, and what the host is told of it.

import type { RunFile, RunVersion, WorkReplyWork } from '@egg/contract/types/tasks';
import { isEnded } from '../domain/progress.ts';
import type { TargetHost } from '../domain/target.ts';
import type { ActiveRun } from './active-runs.ts';
import type { ExecutionDocument } from './documents.ts';

/** A host that asks. */
export interface AskingHost extends TargetHost {
  readonly name: string;
}

/** `none`: the run is not for this host; `later`: what is wanted shows later. `there` and `rejected` end the execution without work. */
export type Wanted =
  | { readonly kind: 'none' }
  | { readonly kind: 'later' }
  | { readonly kind: 'there' }
  | { readonly kind: 'rejected'; readonly message: string }
  | { readonly kind: 'work'; readonly version?: RunVersion | undefined };

/** Finds a published version of an egg; undefined where there is none. */
export type FindVersion = (eggId: number, version: string) => Promise<RunVersion | undefined>;

/** What the host has of the egg; undefined where it has none. */
export function versionAt(host: TargetHost, egg: string): string | undefined {
  return host.eggs.find((one) => one.egg === egg)?.version;
}

/**
 * What is wanted of a host. `taken` is its execution in the run that this one takes back, where it does that. Throws UNAVAILABLE where
 * that cannot be known.
 */
export async function wantedOf(
  { run }: ActiveRun,
  host: TargetHost,
  taken: ExecutionDocument | undefined,
  findVersion: FindVersion,
): Promise<Wanted> {
  if (run.reverts === undefined) return wantedHere(run.task.action, run.task.version, host, run.task.egg);
  if (!taken || taken.attempt === 0) return { kind: 'none' };
  const { previous_version: previous } = taken;
  // The host may be about to install what is to be taken back.
  if (!isEnded(taken.state)) return { kind: 'later' };
  if (previous === undefined) return rejected(`what version of ${run.task.egg} the host had is not known`);
  // Of a cancelled execution nobody hears whether the host still does it: what it does next comes after that.
  if (taken.state !== 'cancelled' && versionAt(host, run.task.egg) === previous) return { kind: 'there' };
  const version = await findVersion(run.task.egg_id, previous);
  if (!version) return rejected(`version ${previous} of ${run.task.egg} cannot be installed any more`);
  return installing(version, host, run.task.egg);
}

function wantedHere(action: string, version: RunVersion | undefined, host: TargetHost, egg: string): Wanted {
  if (action !== 'update' || !version) return { kind: 'work', version };
  if (versionAt(host, egg) === version.version) return { kind: 'there' };
  return installing(version, host, egg);
}

function installing(version: RunVersion, host: TargetHost, egg: string): Wanted {
  if (version.files.some(({ platform }) => platform === host.platform)) return { kind: 'work', version };
  return rejected(`version ${version.version} of ${egg} has no file for ${host.platform}`);
}

function rejected(message: string): Wanted {
  return { kind: 'rejected', message };
}

/** The version that the host is to be brought to, or that goes with the task. Throws UNAVAILABLE. */
export async function versionFor(
  { run }: ActiveRun,
  taken: ExecutionDocument | undefined,
  findVersion: FindVersion,
): Promise<RunVersion | undefined> {
  if (run.reverts === undefined) return run.task.version;
  const previous = taken?.previous_version;
  return previous === undefined ? undefined : findVersion(run.task.egg_id, previous);
}

/** What a host is told of an execution that it has to do. */
export function workOf(
  { run }: ActiveRun,
  { _id: id, attempt }: ExecutionDocument,
  host: TargetHost,
  version: RunVersion | undefined,
): WorkReplyWork {
  const { task, strategy } = run;
  const at = version?.files.find(({ platform }) => platform === host.platform);
  const ofVersion = at && { file: at.file, ...(at.signature !== undefined && { signature: at.signature }) };
  const ofTask: { file: RunFile } | undefined = task.file && { file: task.file };
  // An update installs the version's file; with any other action the task's own file comes first.
  const file = task.action === 'update' ? ofVersion : (ofTask ?? ofVersion);
  return {
    id,
    attempt,
    task: task.name,
    egg: task.egg,
    action: task.action,
    payload: task.payload ?? {},
    ...file,
    ...(version && { version: { ...version, files: at ? [at] : [] } }),
    timeout_seconds: strategy.timeout_seconds,
  };
}
