// What this process has to bear, looked at once a second, as a factor for the intervals that hosts are told.

import { performance } from 'node:perf_hooks';
import { type Load, nextFactor, sustained } from '../domain/check-in-interval.ts';

const LOOK_MS = 1000;
/** So many looks in a row have to find the same. */
const LOOKS = 5;

export class LoadMeter {
  readonly #timer: NodeJS.Timeout;
  #factor = 1;
  #loads: readonly Load[] = [];
  #last = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #cpuMs = performance.now();

  /** `takeWaitMs` says how long something had to wait since it was asked last, in milliseconds. */
  constructor(takeWaitMs: () => number) {
    this.#timer = setInterval(() => {
      const now = performance.eventLoopUtilization();
      const { utilization: utilisation } = performance.eventLoopUtilization(now, this.#last);
      this.#last = now;
      const load = { utilisation: Math.min(utilisation, this.#takeCpu()), waitMs: takeWaitMs() };
      this.#loads = [...this.#loads, load].slice(-LOOKS);
      const isLong = this.#loads.length === LOOKS;
      this.#factor = nextFactor(this.#factor, sustained(isLong ? this.#loads : []));
    }, LOOK_MS);
    this.#timer.unref();
  }

  /** 1 where there is little to do, up to 10. */
  get factor(): number {
    return this.#factor;
  }

  /**
   * How much of the time since the last look this process had a processor. Where others have it, the event loop looks busy, but fewer
   * check-ins would not help.
   */
  #takeCpu(): number {
    const [usage, ms] = [process.cpuUsage(this.#cpu), performance.now() - this.#cpuMs];
    this.#cpu = process.cpuUsage();
    this.#cpuMs = performance.now();
    return (usage.user + usage.system) / 1000 / ms;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
