// Counts what happens in a simulation, and keeps what broke the protocol.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { ExecutionCounts, Latency, SeenRun, Summary } from './summary.ts';

const FIRST = 20;
const MOST_MICROS = 600_000_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Tally {
  readonly executions: Mutable<ExecutionCounts> = {
    given: 0,
    given_again: 0,
    under_way: 0,
    succeeded: 0,
    failed: 0,
    rejected: 0,
    crashed: 0,
  };
  readonly hosts: Mutable<Summary['hosts']>;
  /** When all hosts were enrolled, by performance.now(). */
  startedMs: number | undefined;
  readonly #latency = histogram();
  readonly #late = histogram();
  readonly #errors: Record<string, number> = {};
  readonly #byKind: Record<string, number> = {};
  readonly #first: string[] = [];
  readonly #told: ((kind: string, message: string) => void) | undefined;
  #violations = 0;
  #answered = 0;
  #firstMs: number | undefined;
  #lastMs = 0;
  #recent = { atMs: performance.now(), answered: 0 };

  constructor(hosts: number, onViolation?: (kind: string, message: string) => void) {
    this.hosts = { wanted: hosts, ready: 0, enrolled: 0, offline: 0 };
    this.#told = onViolation;
  }

  /** A check-in was sent so late, and answered after so long. */
  answered(lateMs: number, latencyMs: number): void {
    this.#lastMs = performance.now();
    this.#firstMs ??= this.#lastMs - latencyMs;
    this.#answered++;
    this.#late.record(micros(lateMs));
    this.#latency.record(micros(latencyMs));
  }

  error(code: string): void {
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
  }

  /** Something broke the protocol. */
  violation(kind: string, message: string): void {
    this.#violations++;
    this.#byKind[kind] = (this.#byKind[kind] ?? 0) + 1;
    if (this.#first.length < FIRST) this.#first.push(`${kind}: ${message}`);
    this.#told?.(kind, message);
  }

  /** All of it until now. */
  summary(runs: readonly SeenRun[]): Summary {
    const seconds = (this.#lastMs - (this.#firstMs ?? this.#lastMs)) / 1000;
    return this.#describe(runs, seconds > 0 ? this.#answered / seconds : 0);
  }

  /** The same, with the rate since this was asked for last. */
  progress(runs: readonly SeenRun[]): Summary {
    const now = { atMs: performance.now(), answered: this.#answered };
    const { atMs, answered } = this.#recent;
    this.#recent = now;
    return this.#describe(runs, ((now.answered - answered) * 1000) / Math.max(1, now.atMs - atMs));
  }

  #describe(runs: readonly SeenRun[], perSecond: number): Summary {
    const seconds = this.startedMs === undefined ? 0 : (performance.now() - this.startedMs) / 1000;
    return {
      hosts: { ...this.hosts },
      seconds: rounded(seconds),
      check_ins: {
        answered: this.#answered,
        per_second: rounded(perSecond),
        latency_ms: latencyOf(this.#latency),
        late_ms: latencyOf(this.#late),
      },
      errors: { ...this.#errors },
      executions: { ...this.executions },
      runs,
      violations: { total: this.#violations, by_kind: { ...this.#byKind }, first: [...this.#first] },
    };
  }
}

function histogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: MOST_MICROS, figures: 3 });
}

function micros(ms: number): number {
  return Math.min(MOST_MICROS, Math.max(1, Math.round(ms * 1000)));
}

function latencyOf(histogram: RecordableHistogram): Latency {
  if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
  const ms = (value: number): number => rounded(value / 1000);
  return { p50: ms(histogram.percentile(50)), p99: ms(histogram.percentile(99)), max: ms(histogram.max) };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
