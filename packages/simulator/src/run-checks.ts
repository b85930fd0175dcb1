// What a run and its executions have to hold to, as the server shows them: one moment against the one before, and in the end against
// what the hosts know.

import type { Known } from './work.ts';

export interface RunRecord {
  readonly id: number;
  readonly state: string;
  readonly wave: number;
  readonly strategy: { readonly max_attempts: number; readonly max_in_flight?: number };
  readonly counts?: Readonly<Record<string, number>>;
  readonly in_flight?: number;
}

export interface ExecutionRecord {
  readonly id: string;
  readonly host_id: number;
  readonly state: string;
  readonly attempt: number;
}

const LIVE = new Set(['running', 'paused']);
const ENDED = ['succeeded', 'failed', 'timed_out', 'rejected', 'expired', 'cancelled'];
/** The ends that only a host's report makes. */
const REPORTED = new Set(['succeeded', 'failed', 'rejected']);

export function isLive({ state }: Pick<RunRecord, 'state'>): boolean {
  return LIVE.has(state);
}

/** What is wrong with a run that was as it was before; `attempts` is the highest that a host was given. */
export function checkRun(before: RunRecord | undefined, run: RunRecord, attempts: number): string[] {
  const wrong: string[] = [];
  const { id, state, wave, counts = {}, strategy, in_flight: inFlight = 0 } = run;
  const say = (what: string): void => void wrong.push(`run ${id} ${what}`);
  const sum = Object.entries(counts).reduce(
    (all, [name, count]) => (name === 'total' ? all : all + count),
    0,
  );
  if (counts['total'] !== undefined && counts['total'] !== sum)
    say(`counts ${counts['total']} executions in all and ${sum} by state`);
  if (attempts > strategy.max_attempts) say(`gave attempt ${attempts}, of ${strategy.max_attempts}`);
  const most = strategy.max_in_flight ?? Infinity;
  if (inFlight > most) say(`has ${inFlight} executions in flight, of ${most}`);
  if (!before) return wrong;
  if (!isLive(before) && state !== before.state) say(`is ${state}, and had ended as ${before.state}`);
  if (wave < before.wave) say(`is in wave ${wave}, after wave ${before.wave}`);
  for (const name of ENDED) {
    const [was = 0, is = 0] = [before.counts?.[name], counts[name]];
    if (is < was) say(`has ${is} executions that are ${name}, and had ${was}`);
  }
  return wrong;
}

/** What is wrong with an execution of a run, where its host knows of it. */
export function checkExecution(
  execution: ExecutionRecord,
  known: Known | undefined,
  mostAttempts: number,
): string[] {
  const { id, state, attempt } = execution;
  const wrong: string[] = [];
  if (attempt > mostAttempts) wrong.push(`${id} is in attempt ${attempt}, of ${mostAttempts}`);
  if (!known) return wrong;
  if (known.attempt > attempt)
    wrong.push(`${id} is in attempt ${attempt}, and its host was given ${known.attempt}`);
  if (known.attempt === attempt && REPORTED.has(state) && known.state !== state)
    wrong.push(`${id} has ${state}, and its host tells that it is ${known.state}`);
  return wrong;
}

/** What is wrong with the counts of a run that has ended, by all its executions. */
export function checkCounts(
  { id, counts = {} }: RunRecord,
  executions: readonly ExecutionRecord[],
): string[] {
  const byState: Record<string, number> = {};
  for (const { state } of executions) byState[state] = (byState[state] ?? 0) + 1;
  const names = new Set([...Object.keys(counts), ...Object.keys(byState)]);
  names.delete('total');
  return [...names]
    .filter((name) => (counts[name] ?? 0) !== (byState[name] ?? 0))
    .map((name) => `run ${id} counts ${counts[name] ?? 0} that are ${name}, and lists ${byState[name] ?? 0}`);
}
