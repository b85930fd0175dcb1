// What was lately read of credentials, so that a request seldom waits for the database, and a revoked token is forgotten within
// `CACHE_MS`. While the database does not answer, what was known to hold goes on for a bounded time; about what is not known nobody
// can say anything then.

import { asked, unavailable } from './asked.ts';
import type { Credential } from './credential.ts';

/** How old what was read may be: counted from when it was asked for, so that whoever waits this long after a change can be sure. */
export const CACHE_MS = 500;
/** How long a token goes on that was known to hold when the database went away. */
const AWAY_MS = 5 * 60 * 1000;
const MOST_KNOWN = 20_000;
const MOST_UNKNOWN = 2000;

/** Reads what there is of some keys. */
export type ReadCredentials = (keys: readonly string[]) => Promise<ReadonlyMap<string, Credential>>;

interface Entry {
  readonly credential: Credential | undefined;
  readonly readMs: number;
}

export class CredentialCache {
  readonly #read: ReadCredentials;
  readonly #now: () => number;
  readonly #known = new Map<string, Entry>();
  readonly #unknown = new Map<string, Entry>();
  readonly #reading = new Map<string, Promise<Credential | undefined>>();
  #next: { keys: string[]; found: Promise<ReadonlyMap<string, Credential>> } | undefined;
  /** The database failed lately: it is not asked again before this. */
  #restUntilMs = 0;

  /** `now` is in milliseconds and never goes back. */
  constructor(read: ReadCredentials, { now = () => performance.now() }: { now?: () => number } = {}) {
    this.#read = read;
    this.#now = now;
  }

  /** What was known to be there within the time that a token may go on without the database. */
  known(key: string): Credential | undefined {
    const entry = this.#known.get(key);
    return entry && this.#now() - entry.readMs < AWAY_MS ? entry.credential : undefined;
  }

  /** What there is of a key, at once where it was read lately. Throws UNAVAILABLE where nobody can say. */
  lookup(key: string): Credential | undefined | Promise<Credential | undefined> {
    const entry = this.#known.get(key) ?? this.#unknown.get(key);
    if (entry && this.#now() - entry.readMs < CACHE_MS) return entry.credential;
    return this.#lookAgain(key);
  }

  async #lookAgain(key: string): Promise<Credential | undefined> {
    try {
      if (this.#now() < this.#restUntilMs) throw unavailable();
      return await (this.#reading.get(key) ?? this.#start(key));
    } catch (cause) {
      const known = this.known(key);
      if (known) return known;
      throw unavailable(cause);
    }
  }

  #start(key: string): Promise<Credential | undefined> {
    const reading = this.#readOne(key).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #readOne(key: string): Promise<Credential | undefined> {
    const readMs = this.#now();
    try {
      const credential = (await asked(this.#readTogether(key))).get(key);
      this.#keep(key, { credential, readMs });
      return credential;
    } catch (error) {
      this.#restUntilMs = this.#now() + CACHE_MS;
      throw error;
    }
  }

  /** What is asked for in one turn of the event loop is read with one question. */
  #readTogether(key: string): Promise<ReadonlyMap<string, Credential>> {
    if (!this.#next) {
      const keys: string[] = [];
      const found = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        this.#next = undefined;
        return this.#read(keys);
      });
      this.#next = { keys, found };
    }
    this.#next.keys.push(key);
    return this.#next.found;
  }

  #keep(key: string, entry: Entry): void {
    this.#known.delete(key);
    this.#unknown.delete(key);
    // Apart, so that whoever guesses drives out no one who is known.
    if (entry.credential) put(this.#known, key, entry, MOST_KNOWN);
    else put(this.#unknown, key, entry, MOST_UNKNOWN);
  }
}

/** Puts the newest last and drops the oldest beyond `most`. */
function put(entries: Map<string, Entry>, key: string, entry: Entry, most: number): void {
  entries.set(key, entry);
  const [oldest] = entries.keys();
  if (entries.size > most && oldest !== undefined) entries.delete(oldest);
}
