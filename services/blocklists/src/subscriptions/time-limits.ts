// The limits that a fetch has in time and size, and the watch over them: one signal for everything that a fetch waits for.

import { FetchFailure } from './failure.ts';

export interface FetchLimits {
  /** Until a connection stands, names looked up and TLS agreed. */
  readonly connectMs: number;
  /** From then on until the head of the answer is there. */
  readonly headersMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
  /** All of it, redirects too. */
  readonly totalMs: number;
  /** Of the list, decompressed; and of what comes over the wire. */
  readonly bytes: number;
  readonly redirects: number;
}

export const FETCH_LIMITS: FetchLimits = {
  connectMs: 10_000,
  headersMs: 10_000,
  idleMs: 15_000,
  totalMs: 5 * 60_000,
  bytes: 64 * 1024 * 1024,
  redirects: 5,
};

/** Aborts its signal when the phase, or the whole, takes too long, or when the signal it was made with is aborted. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #total: NodeJS.Timeout;
  #phase: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(totalMs: number, outer: AbortSignal) {
    this.signal = AbortSignal.any([this.#controller.signal, outer]);
    const seconds = Math.round(totalMs / 1000);
    this.#total = setTimeout(() => this.#end(`the fetch took longer than ${seconds} s`), totalMs);
  }

  /** Begins a phase; one that is under way is over. */
  phase(ms: number, reason: string): void {
    clearTimeout(this.#phase);
    this.#phase = setTimeout(() => this.#end(reason), ms);
  }

  /** The phase goes on, with all of its time again. */
  touch(): void {
    this.#phase?.refresh();
  }

  end(): void {
    clearTimeout(this.#phase);
    clearTimeout(this.#total);
  }

  #end(reason: string): void {
    this.#controller.abort(new FetchFailure(reason));
  }
}
