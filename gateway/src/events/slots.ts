// So many at a time, the others in the order they came.

export class Slots {
  #free: number;
  readonly #queue = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with true when there is one, which has to be given back by `release`; with false when the signal is aborted before. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const enter = (): void => resolve(true);
    const leave = (): void => {
      if (this.#queue.delete(enter)) resolve(false);
    };
    this.#queue.add(enter);
    signal.addEventListener('abort', leave);
    const isIn = await promise;
    signal.removeEventListener('abort', leave);
    return isIn;
  }

  release(): void {
    const [next] = this.#queue;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}
