// What this package asks of a logger; pino is one.

type LogLine = (fields: object, message: string) => void;

export interface Log {
  debug: LogLine;
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}

const AGAIN_AFTER_MS = 30_000;

/** Says what goes on being wrong once, and again only every 30 s or when it is something else that is wrong. */
export class Complaint {
  #last = '';
  #at = 0;

  /** Calls `say` unless the same was said a short while ago. */
  make(what: string, say: () => void): void {
    if (what === this.#last && Date.now() - this.#at < AGAIN_AFTER_MS) return;
    this.#last = what;
    this.#at = Date.now();
    say();
  }

  /** It is right again. Returns whether there was something to complain of. */
  over(): boolean {
    const was = this.#last !== '';
    this.#last = '';
    return was;
  }
}

/** What was thrown, in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
