// Waiting that ends when it is told to. All of it takes its listeners off again: the signals here live as long as the process.

/** Settles as the promise does, or rejects with a signal's reason when that is aborted before. */
export async function unlessAborted<T>(promise: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signals.find((signal) => signal.aborted)?.reason);
  // Nobody may be left to hear of either.
  promise.catch(() => {});
  aborted.catch(() => {});
  if (signals.some((signal) => signal.aborted)) abort();
  for (const signal of signals) signal.addEventListener('abort', abort);
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}

/** Resolves after some milliseconds, or as soon as one of the signals is aborted. */
export function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Bell().wait(ms, ...signals);
}

/** Wakes one waiter. Rung while nobody waits, it ends the next wait at once. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves when the bell was rung, after some milliseconds, or as soon as one of the signals is aborted. */
  async wait(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    if (this.#rung || signals.some((signal) => signal.aborted)) end();
    this.#wake = end;
    const timer = setTimeout(end, ms);
    for (const signal of signals) signal.addEventListener('abort', end);
    await promise;
    for (const signal of signals) signal.removeEventListener('abort', end);
    clearTimeout(timer);
    this.#wake = undefined;
    this.#rung = false;
  }
}
