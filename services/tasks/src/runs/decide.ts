// Decides what becomes of the executions of a host that checks in: by what it reports, and by what the active runs want of it.

import { executionId, reported, type Report } from '../domain/work.ts';
import { type ActiveRun, waveIn } from './active-runs.ts';
import { type Change, moved } from './changes.ts';
import type { ExecutionDocument } from './documents.ts';
import { type AskingHost, versionAt, type Wanted } from './tasks-of-hosts.ts';

export interface Deciding {
  readonly host: AskingHost;
  readonly now: Date;
}

/** What the reports of a host make of one execution; undefined where they change nothing. */
export function afterReports(
  active: ActiveRun | undefined,
  execution: ExecutionDocument,
  reports: readonly Report[],
  now: Date,
): Change | undefined {
  const strategy = active?.run.strategy;
  const retries = {
    max_attempts: strategy?.max_attempts ?? 1,
    retry_backoff_seconds: strategy?.retry_backoff_seconds ?? 0,
    mayRetry: active !== undefined,
  };
  let after = execution;
  for (const report of reports) {
    const step = reported(after, report, retries, now);
    if (!step) continue;
    after = moved(
      after,
      step.to,
      {
        ...(step.notBefore && { not_before: step.notBefore }),
        ...(step.exitCode !== undefined && { exit_code: step.exitCode }),
        ...(step.message !== undefined && { message: step.message }),
      },
      now,
    );
  }
  return after === execution ? undefined : { before: execution, after, isHandingOut: false };
}

/** What is to be done for a host in a run that may hand out to it; undefined where nothing is to be changed. */
export function handingOut(
  active: ActiveRun,
  wanted: Wanted,
  before: ExecutionDocument | undefined,
  { host, now }: Deciding,
  isWindowOpen: boolean,
): Change | undefined {
  if (wanted.kind === 'none' || (before && before.state !== 'queued')) return undefined;
  const queued = before ?? newExecution(active, { host, now });
  if (wanted.kind !== 'work') {
    const fields = wanted.kind === 'rejected' ? { message: wanted.message } : {};
    const to = wanted.kind === 'rejected' ? 'rejected' : 'succeeded';
    return { before, after: moved(queued, to, fields, now), isHandingOut: true };
  }
  if (!isWindowOpen) return before ? undefined : { after: queued, isHandingOut: true };
  if (before?.not_before && before.not_before > now) return undefined;
  const after = sent(active, queued, host, now);
  return { before, after, isHandingOut: true, ...(!before && { otherwise: queued }) };
}

/** An execution of a host that has checked in. */
export function newExecution(
  { run }: Pick<ActiveRun, 'run'>,
  { host, now }: { readonly host: Pick<AskingHost, 'id' | 'name'>; readonly now: Date },
): ExecutionDocument {
  return {
    _id: executionId(run.id, host.id),
    run: run.id,
    host: host.id,
    host_name: host.name,
    wave: waveIn(run, host.id),
    state: 'queued',
    attempt: 0,
    queued_at: now,
    open: true,
  };
}

function sent({ run }: ActiveRun, queued: ExecutionDocument, host: AskingHost, now: Date): ExecutionDocument {
  const previous = queued.attempt > 0 ? queued.previous_version : versionAt(host, run.task.egg);
  const { exit_code: _exitCode, message: _message, ...fresh } = queued;
  return moved(
    fresh,
    'sent',
    {
      attempt: queued.attempt + 1,
      sent_at: now,
      due_at: new Date(now.getTime() + run.strategy.timeout_seconds * 1000),
      ...(previous !== undefined && { previous_version: previous }),
    },
    now,
  );
}
