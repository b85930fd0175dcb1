// Does something again and again, never twice at the same time: soon after it is woken, and after a while by itself.

import type { Log } from '@egg/rpc';

/** Much that wakes it at once makes one look. */
const SOON_MS = 20;

export class Looking {
  readonly #everyMs: number;
  readonly #look: () => Promise<void>;
  readonly #log: Pick<Log, 'warn'>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isWoken = false;
  #isFailing = false;
  #isStopped = false;

  constructor(everyMs: number, look: () => Promise<void>, log: Pick<Log, 'warn'>) {
    this.#everyMs = everyMs;
    this.#look = look;
    this.#log = log;
    this.#after(everyMs);
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    if (!this.#running) this.#after(SOON_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #after(ms: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isWoken = false;
      this.#running = this.#once().finally(() => {
        this.#running = undefined;
        this.#after(this.#isWoken ? SOON_MS : this.#everyMs);
      });
    }, ms).unref();
  }

  async #once(): Promise<void> {
    try {
      await this.#look();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing && !this.#isStopped)
        this.#log.warn({ err: error }, 'runs cannot be looked at, trying again');
      this.#isFailing = true;
    }
  }
}
