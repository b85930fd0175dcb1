// How long to wait before the next try: longer each time, and never the same for two replicas that failed together.

export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #tries = 0;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** Milliseconds: of a span that doubles with every call up to the most, a random part between its half and its whole. */
  next(): number {
    const span = Math.min(this.#mostMs, this.#firstMs * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 30);
    return span * (0.5 + Math.random() / 2);
  }

  /** It worked: the next wait is a short one again. */
  reset(): void {
    this.#tries = 0;
  }
}
