// The waves of a run: where a host falls, and when the next one opens.

export interface Wave {
  readonly percent: number;
  /** 0 if not said. */
  readonly soak_seconds?: number;
  /** 100 if not said. */
  readonly success_percent?: number;
}

/** What is known of the executions of one wave. */
export interface WaveCounts {
  readonly ended: number;
  readonly succeeded: number;
}

export const ONE_WAVE: readonly Required<Wave>[] = [{ percent: 100, soak_seconds: 0, success_percent: 100 }];

/**
 * A host's place in a run, from 0 up to but not 100. It depends on nothing else, so a larger percent only adds hosts; and each run has
 * an order of its own, so it is not always the same hosts that go first.
 */
export function placeOf(run: number, host: number): number {
  return (mixed(mixed(run, SEED), host) / 2 ** 32) * 100;
}

/** The first wave that reaches a place. */
export function waveOf(place: number, waves: readonly Wave[]): number {
  const found = waves.findIndex(({ percent }) => place < percent);
  return found === -1 ? waves.length - 1 : found;
}

/** Whether enough of those that have ended have succeeded; it is enough where none has ended. */
export function hasSucceeded({ success_percent = 100 }: Wave, { ended, succeeded }: WaveCounts): boolean {
  return succeeded * 100 >= success_percent * ended;
}

/** Whether the wave after this one may open: it was looked at for long enough, some host has ended, and enough have succeeded. */
export function isOver(wave: Wave, counts: WaveCounts, openedAt: Date, now: Date): boolean {
  const soakMs = (wave.soak_seconds ?? 0) * 1000;
  return now.getTime() >= openedAt.getTime() + soakMs && counts.ended > 0 && hasSucceeded(wave, counts);
}

/**
 * How a run ends whose hosts have all ended: by the share of its last wave in which any host fell. Where none did, nothing failed. The
 * waves before were good enough, or the last one would not have opened.
 */
export function endOf(waves: readonly Wave[], counts: readonly WaveCounts[]): 'succeeded' | 'failed' {
  const last = waves.findLastIndex((_, index) => (counts[index]?.ended ?? 0) > 0);
  const [wave, ended] = [waves[last], counts[last]];
  return wave && ended && !hasSucceeded(wave, ended) ? 'failed' : 'succeeded';
}

const SEED = 0x9e3779b9;

/** The finaliser of MurmurHash3 (Appleby) over 53 bits, in two steps: every bit of an id moves every bit of the place. */
function mixed(value: number, seed: number): number {
  const high = Math.floor(value / 2 ** 32);
  return finalised(finalised(seed ^ high) ^ (value >>> 0));
}

function finalised(bits: number): number {
  let hash = bits >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
