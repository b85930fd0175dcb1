// What this process has to bear, looked at once a second, as a factor for the intervals that hosts are told.

import { performance } from 'node:perf_hooks';
import { nextFactor } from '../domain/check-in-interval.ts';

const LOOK_MS = 1000;

export class LoadMeter {
  readonly #timer: NodeJS.Timeout;
  #factor = 1;
  #last = performance.eventLoopUtilization();

  /** `takeWaitMs` says how long something had to wait since it was asked last, in milliseconds. */
  constructor(takeWaitMs: () => number) {
    this.#timer = setInterval(() => {
      const now = performance.eventLoopUtilization();
      const { utilization: utilisation } = performance.eventLoopUtilization(now, this.#last);
      this.#last = now;
      this.#factor = nextFactor(this.#factor, { utilisation, waitMs: takeWaitMs() });
    }, LOOK_MS);
    this.#timer.unref();
  }

  /** 1 where there is little to do, up to 10. */
  get factor(): number {
    return this.#factor;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
