// What the waves of a strategy have to be: each takes in more hosts than the one before, and the last takes in all.

interface WaveInput {
  readonly percent: number;
  readonly soak_seconds?: number;
  readonly success_percent?: number;
}

export interface WaveFault {
  /** `waves[1].percent`. */
  readonly field: string;
  /** Continues a sentence that begins with the field. */
  readonly reason: string;
}

/** Waves with nothing left to be said; one of all hosts where none are given. */
export function wholeWaves(waves: readonly WaveInput[]): Required<WaveInput>[] {
  const given = waves.length > 0 ? waves : [{ percent: 100 }];
  return given.map(({ percent, soak_seconds = 0, success_percent = 100 }) => ({
    percent,
    soak_seconds,
    success_percent,
  }));
}

/** What is wrong with the order of waves. */
export function waveFaults(waves: readonly WaveInput[]): WaveFault[] {
  const last = waves.length - 1;
  return waves.flatMap(({ percent }, index) => {
    const field = `waves[${index}].percent`;
    const before = waves[index - 1]?.percent;
    if (before !== undefined && percent <= before) {
      return [{ field, reason: `has to be more than the ${before} of the wave before` }];
    }
    return index === last && percent !== 100 ? [{ field, reason: 'has to be 100 in the last wave' }] : [];
  });
}
