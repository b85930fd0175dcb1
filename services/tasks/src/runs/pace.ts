// How often something costly is looked at for a run: soon after what it depends on has changed, ever more rarely while nothing does, and
// never so often that it takes more than a small part of the time.

const FIRST_MS = 500;
const LONGEST_MS = 5000;
/** Of the time since, at most one part in so many is spent. */
const SHARE = 10;

interface Looked {
  /** What it depended on. */
  readonly key: string;
  readonly endedMs: number;
  readonly tookMs: number;
  readonly waitMs: number;
}

export class Pace {
  readonly #looked = new Map<string, Looked>();

  /** Does it if it is time to; undefined where it is not. What it throws counts as a look. */
  async when<T>(what: string, key: string, look: () => Promise<T>): Promise<T | undefined> {
    const last = this.#looked.get(what);
    const startedMs = performance.now();
    const isSame = last?.key === key;
    const waitMs = isSame ? Math.min(LONGEST_MS, last.waitMs * 2) : FIRST_MS;
    if (last && startedMs - last.endedMs < Math.max(isSame ? last.waitMs : FIRST_MS, last.tookMs * SHARE))
      return undefined;
    try {
      return await look();
    } finally {
      const endedMs = performance.now();
      this.#looked.set(what, { key, endedMs, tookMs: endedMs - startedMs, waitMs });
    }
  }

  forget(what: string): void {
    this.#looked.delete(what);
  }
}
