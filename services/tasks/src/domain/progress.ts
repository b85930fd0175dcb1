// How far a run is: how many executions are in each state, and what follows from it for all of them.

export const OPEN_STATES = ['queued', 'sent', 'running'] as const;
export const ENDED_STATES = ['succeeded', 'failed', 'timed_out', 'rejected', 'expired', 'cancelled'] as const;

export type ExecutionState = (typeof OPEN_STATES)[number] | (typeof ENDED_STATES)[number];
export type Counts = Readonly<Record<ExecutionState, number>>;

/** One change of one execution; without `from` it is new. */
export interface Move {
  readonly from?: ExecutionState | undefined;
  readonly to: ExecutionState;
  readonly wave: number;
}

export const NO_COUNTS: Counts = {
  queued: 0,
  sent: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  timed_out: 0,
  rejected: 0,
  expired: 0,
  cancelled: 0,
};

const ENDED: ReadonlySet<string> = new Set(ENDED_STATES);

/** No ended state changes again. */
export function isEnded(state: ExecutionState): boolean {
  return ENDED.has(state);
}

/** Whether the host has the work. */
export function isUnderWay(state: ExecutionState | undefined): boolean {
  return state === 'sent' || state === 'running';
}

/** What some moves add to a run's progress. */
export interface Sum {
  readonly counts: Readonly<Partial<Record<ExecutionState, number>>>;
  readonly inFlight: number;
  /** By the number of the wave. */
  readonly waves: ReadonlyMap<
    number,
    { readonly total: number; readonly ended: number; readonly succeeded: number }
  >;
}

export function summed(moves: readonly Move[]): Sum {
  const counts: Partial<Record<ExecutionState, number>> = {};
  const waves = new Map<number, { total: number; ended: number; succeeded: number }>();
  let inFlight = 0;
  for (const { from, to, wave } of moves) {
    if (from !== undefined) counts[from] = (counts[from] ?? 0) - 1;
    counts[to] = (counts[to] ?? 0) + 1;
    inFlight += Number(isUnderWay(to)) - Number(isUnderWay(from));
    const sum = waves.get(wave) ?? { total: 0, ended: 0, succeeded: 0 };
    waves.set(wave, sum);
    sum.total += from === undefined ? 1 : 0;
    sum.ended += isEnded(to) ? 1 : 0;
    sum.succeeded += to === 'succeeded' ? 1 : 0;
  }
  return { counts, inFlight, waves };
}

export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Executions that can still change. */
export function openIn({ queued, sent, running }: Counts): number {
  return queued + sent + running;
}

export interface Abort {
  readonly failure_percent: number;
  readonly min_executions: number;
}

/** Why a run stops by itself; undefined where it does not. */
export function abortReason(abort: Abort | undefined, counts: Counts): string | undefined {
  if (!abort) return undefined;
  const ended = totalOf(counts) - openIn(counts);
  const failures = counts.failed + counts.timed_out;
  if (ended < abort.min_executions || failures * 100 < abort.failure_percent * ended) return undefined;
  return `${failures} of ${ended} executions failed or timed out`;
}
