// Measures in interleaved rounds, A B C A B C …, so that whatever else the machine does meets all of them alike.

import { cpuSeconds } from './cpu.ts';
import type { Case, Measured } from './model.ts';
import { median, range } from './statistics.ts';

/** The figures of one thing over all rounds. */
export interface Figures {
  readonly measured: Measured;
  /** Operations a second, in each round. */
  readonly rates: readonly number[];
  /** The median of microseconds of CPU an operation, by process. Empty where the system does not tell. */
  readonly cpuMicros: Readonly<Record<string, number>>;
}

export interface Comparison {
  readonly case: Case;
  readonly figures: Figures;
  readonly baseline: Figures;
  /** The median, least and greatest of the rounds' own ratios. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
}

export interface RunOptions {
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Told before each round; round 0 only warms up. */
  readonly onRound: (round: number, measured: Measured) => void;
}

/** Measures cases and their baselines. Throws what a round throws, or the signal's reason. */
export async function run(cases: readonly Case[], options: RunOptions): Promise<Comparison[]> {
  const all = new Map<string, Measured>();
  for (const one of cases) {
    all.set(one.baseline.name, all.get(one.baseline.name) ?? one.baseline);
    all.set(one.name, one);
  }
  const rates = new Map<string, number[]>([...all.keys()].map((name) => [name, []]));
  const cpu = new Map<string, Record<string, number>[]>([...all.keys()].map((name) => [name, []]));
  for (let round = 0; round <= options.rounds; round++) {
    for (const [name, measured] of all) {
      options.signal.throwIfAborted();
      options.onRound(round, measured);
      const before = cpuOf(measured);
      const { ops, seconds } = await measured.round();
      if (round === 0) continue;
      rates.get(name)?.push(ops / seconds);
      cpu.get(name)?.push(perOperation(before, cpuOf(measured), ops));
    }
  }
  const figuresOf = (measured: Measured): Figures => ({
    measured,
    rates: rates.get(measured.name) ?? [],
    cpuMicros: medians(cpu.get(measured.name) ?? []),
  });
  return cases.map((one) => compare(one, figuresOf(one), figuresOf(one.baseline)));
}

function compare(one: Case, figures: Figures, baseline: Figures): Comparison {
  const ratios = figures.rates.map((rate, round) => rate / (baseline.rates[round] ?? NaN));
  return { case: one, figures, baseline, ratio: median(ratios), ...range(ratios) };
}

type Cpu = Readonly<Record<string, number | undefined>>;

function cpuOf(measured: Measured): Cpu {
  return Object.fromEntries(
    Object.entries(measured.processes()).map(([name, pid]) => [name, cpuSeconds(pid)]),
  );
}

function perOperation(before: Cpu, after: Cpu, ops: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).flatMap(([name, seconds]) => {
      const since = before[name];
      return seconds === undefined || since === undefined ? [] : [[name, ((seconds - since) * 1e6) / ops]];
    }),
  );
}

function medians(rounds: readonly Record<string, number>[]): Record<string, number> {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  return Object.fromEntries(
    [...names].map((name) => [name, median(rounds.flatMap((round) => round[name] ?? []))]),
  );
}
