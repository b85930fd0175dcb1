// What becomes of one execution: by a report of its host, by the time that passes, and when its host asks for work.

import { type ExecutionState, isUnderWay } from './progress.ts';

export interface ExecutionLike {
  readonly state: ExecutionState;
  readonly attempt: number;
}

export interface Report {
  readonly attempt: number;
  readonly state: string;
  readonly exit_code?: number | undefined;
  readonly message?: string | undefined;
}

export interface Retries {
  readonly max_attempts: number;
  readonly retry_backoff_seconds: number;
  /** The run still hands out. */
  readonly mayRetry: boolean;
}

/** The next state of an execution, and what is to be said of it then. */
export interface Step {
  readonly to: ExecutionState;
  /** Nothing is handed out before. */
  readonly notBefore?: Date;
  readonly exitCode?: number;
  readonly message?: string;
}

/**
 * What a host's report makes of its execution; undefined where it changes nothing: it is of another attempt, of an execution that has
 * ended or was not handed out, or was taken already.
 */
export function reported(
  execution: ExecutionLike,
  report: Report,
  retries: Retries,
  now: Date,
): Step | undefined {
  if (!isUnderWay(execution.state) || report.attempt !== execution.attempt) return undefined;
  const said = {
    ...(report.exit_code !== undefined && { exitCode: report.exit_code }),
    ...(report.message !== undefined && { message: report.message }),
  };
  switch (report.state) {
    case 'running':
      return execution.state === 'running' ? undefined : { to: 'running', ...said };
    case 'succeeded':
    case 'rejected':
      return { to: report.state, ...said };
    case 'failed':
    case 'timed_out':
      return { ...again(execution, retries, report.state, now), ...said };
    default:
      return undefined;
  }
}

/** What becomes of an attempt whose time is over; undefined where there is none. */
export function timedOut(execution: ExecutionLike, retries: Retries, now: Date): Step | undefined {
  if (!isUnderWay(execution.state)) return undefined;
  return { ...again(execution, retries, 'timed_out', now), message: 'no end was reported in time' };
}

/** The execution's id in its run, and both in it. */
export function executionId(run: number, host: number): string {
  return `${run}-${host}`;
}

export function readExecutionId(id: string): { run: number; host: number } | undefined {
  const [, run, host] = /^([1-9]\d{0,15})-([1-9]\d{0,15})$/.exec(id) ?? [];
  return run === undefined ? undefined : { run: Number(run), host: Number(host) };
}

function again(
  { attempt }: ExecutionLike,
  { max_attempts, retry_backoff_seconds, mayRetry }: Retries,
  end: ExecutionState,
  now: Date,
): Step {
  if (!mayRetry || attempt >= max_attempts) return { to: end };
  return { to: 'queued', notBefore: new Date(now.getTime() + retry_backoff_seconds * 1000) };
}
