// When what waits for many is sent: at once if nothing was sent a moment ago, else together with what comes meanwhile. Thousands of
// writes for each event alone would leave no time for anything else.

/** At least so long from one flush to the next, in milliseconds; and so many times as long as the last one took. */
const PAUSE_MS = 20;
const PAUSE_SHARE = 3;
/** Where more than this waits, the bus is not read on: a burst must not make slow clients of fast ones. */
const MOST_BYTES = 256 * 1024;

export class Flusher {
  readonly #flush: () => void;
  #next: Promise<void> | undefined;
  #notBeforeMs = 0;

  constructor(flush: () => void) {
    this.#flush = flush;
  }

  /** To be called when so many bytes wait. What it returns, if anything, is to be waited for before there are more. */
  soon(bytes: number): void | Promise<void> {
    if (bytes === 0) return undefined;
    this.#next ??= this.#schedule();
    return bytes > MOST_BYTES ? this.#next : undefined;
  }

  #schedule(): Promise<void> {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const run = (): void => {
      this.#next = undefined;
      const startedMs = performance.now();
      this.#flush();
      const endedMs = performance.now();
      this.#notBeforeMs = endedMs + Math.max(PAUSE_MS, PAUSE_SHARE * (endedMs - startedMs));
      resolve();
    };
    setTimeout(run, Math.max(0, this.#notBeforeMs - performance.now()));
    return done;
  }
}
