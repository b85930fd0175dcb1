// What a host knows of the work that it was given, and what follows for its next check-in: the part of an egg that must not do things
// twice, and that looks whether the server keeps its word.

import { hashOf, percentOf } from './chance.ts';
import type { Egg } from './fleet.ts';

/** One host's part of a run, as a check-in's answer has it. */
export interface Execution {
  readonly id: string;
  readonly attempt: number;
  readonly task: string;
  readonly action: string;
  readonly payload?: object;
  readonly file?: object;
  readonly version?: Egg;
  readonly timeout_seconds: number;
}

export interface Report {
  readonly id: string;
  readonly attempt: number;
  readonly state: 'running' | 'succeeded' | 'failed' | 'rejected';
  readonly exit_code?: number;
  readonly message?: string;
}

/** One execution as its host knows it. */
export interface Known {
  readonly run: number;
  readonly id: string;
  readonly attempt: number;
  /** Of what was handed out, which must not change within an attempt. */
  readonly print: number;
  readonly update?: Egg | undefined;
  state: Report['state'] | 'crashed';
  /** When it will have ended, by performance.now(). */
  endsMs: number;
  /** How many check-ins have told of this state and were answered, or came after one that did. */
  told: number;
}

export interface WorkOptions {
  readonly failurePercent: number;
  readonly crashPercent: number;
  /** How long work takes, in milliseconds, within a half to either side. */
  readonly workMs: number;
}

/** What an answer's execution is to its host. */
export type Taken =
  | { readonly kind: 'new'; readonly known: Known; readonly replaced: Known | undefined }
  | { readonly kind: 'again'; readonly known: Known }
  | { readonly kind: 'wrong'; readonly what: string };

const MOST_REPORTS = 1000;
/** Of ended executions, those that are remembered. */
const REMEMBERED = 32;

/** What a check-in tells: each state at once, and then, since nobody says that it was heard, with the 1st, 2nd, 4th, 8th … after it. */
export function reportsOf(work: readonly Known[]): Report[] {
  return work.filter(isDue).slice(-MOST_REPORTS).map(reportOf);
}

/** A check-in was answered, so whatever it told is told once more. */
export function answered(work: readonly Known[]): void {
  for (const known of work) known.told++;
}

/**
 * What the execution of an answer is to a host that knows `work`, and that told `reports` in that very check-in. What is new is
 * remembered.
 */
export function take(
  work: Known[],
  given: Execution,
  reports: readonly Report[],
  { hostId, nowMs, options }: { hostId: number; nowMs: number; options: WorkOptions },
): Taken {
  const [, run = '', host = ''] = /^(\d+)-(\d+)$/.exec(given.id) ?? [];
  if (Number(host) !== hostId) return { kind: 'wrong', what: `host ${hostId} was given ${given.id}` };
  const at = work.findIndex(({ id }) => id === given.id);
  const before = work[at];
  if (before && given.attempt < before.attempt) return wrong(given, `after attempt ${before.attempt} of it`);
  const print = hashOf(JSON.stringify(given));
  if (before?.attempt === given.attempt) {
    const told = reports.find(({ id, attempt }) => id === given.id && attempt === given.attempt);
    if (told)
      return wrong(
        given,
        `in answer to the report that it has ${told.state === 'running' ? 'begun' : told.state}`,
      );
    if (print !== before.print) return wrong(given, 'with another content than before');
    before.told = 0;
    return { kind: 'again', known: before };
  }
  const known = begin(given, Number(run), print, nowMs, options);
  if (at >= 0) work.splice(at, 1);
  work.push(known);
  forget(work);
  return { kind: 'new', known, replaced: before };
}

/** Ends what has taken its time, and answers with it. */
export function endDue(work: readonly Known[], nowMs: number, { failurePercent }: WorkOptions): Known[] {
  // That it runs is told before that it has ended.
  const due = work.filter(({ state, endsMs, told }) => state === 'running' && told > 0 && endsMs <= nowMs);
  for (const known of due) {
    known.state = percentOf(`fail ${known.id}`) < failurePercent ? 'failed' : 'succeeded';
    known.told = 0;
  }
  return due;
}

/** When a host that does not wait for its time has something to tell; Infinity where it has nothing. */
export function tellsAt(work: readonly Known[], nowMs: number): number {
  const times = work.map(({ state, endsMs, told }) => {
    if (state === 'crashed') return Infinity;
    if (told === 0) return nowMs;
    return state === 'running' ? endsMs : Infinity;
  });
  return Math.min(Infinity, ...times);
}

function begin(given: Execution, run: number, print: number, nowMs: number, options: WorkOptions): Known {
  const { id, attempt, action, version } = given;
  const known: Known = {
    run,
    id,
    attempt,
    print,
    update: action === 'update' ? version : undefined,
    state: 'running',
    endsMs: nowMs + options.workMs * (0.5 + percentOf(`takes ${id}`) / 100),
    told: 0,
  };
  if (percentOf(`crash ${id}`) < options.crashPercent) known.state = 'crashed';
  else if (action === 'update' && !version) known.state = 'rejected';
  return known;
}

function isDue({ state, told }: Known): boolean {
  if (state === 'crashed') return false;
  return state === 'running' ? told === 0 : (told & (told - 1)) === 0;
}

function reportOf({ id, attempt, state }: Known): Report {
  if (state === 'failed') return { id, attempt, state, exit_code: 1, message: 'failed as simulated' };
  if (state === 'rejected') return { id, attempt, state, message: 'an update to no version' };
  return state === 'succeeded' ? { id, attempt, state, exit_code: 0 } : { id, attempt, state: 'running' };
}

function wrong({ id, attempt }: Execution, what: string): Taken {
  return { kind: 'wrong', what: `attempt ${attempt} of ${id} was given ${what}` };
}

/** The oldest that is over goes. */
function forget(work: Known[]): void {
  if (work.length <= REMEMBERED) return;
  const over = work.findIndex(({ state }) => state !== 'running');
  if (over >= 0) work.splice(over, 1);
}
