// Takes records out when their time is over, by commits of the verb `expired`. Each is decided on the record as it is then, so any
// number of replicas may try, and one commit has it.

import { randomUUID } from 'node:crypto';
import type { Command, Outcome } from './command.ts';
import { DueTimes } from './due-times.ts';
import type { Follower } from './follower.ts';
import type { Commit, Fields, Row } from './record.ts';
import type { View } from './view.ts';

/** At most this many records, and about this many bytes, in one commit. */
const CHANGES = 1000;
const BYTES = 512 * 1024;
/** How long one commit is tried, and how long after one that came to nothing the next is. */
const COMMIT_MS = 3000;
const RETRY_MS = 500;
/** A timer takes no more than 2^31 ms, and clocks are set. */
const LONGEST_SLEEP_MS = 60_000;

export interface ExpiryOptions<R extends Row> {
  /** The field that says when a record goes. */
  readonly field: keyof Fields<R> & string;
  readonly submit: (command: Command<R>) => Promise<Outcome<R>>;
  readonly log: { warn(details: object, message: string): void };
}

export class Expiry<R extends Row> implements Follower<R> {
  readonly fields: readonly (keyof Fields<R> & string)[];
  readonly #options: ExpiryOptions<R>;
  readonly #due = new DueTimes();
  #timer: NodeJS.Timeout | undefined;
  #isSweeping = false;
  #state: 'loading' | 'running' | 'stopped' = 'loading';

  constructor(options: ExpiryOptions<R>) {
    this.#options = options;
    this.fields = [options.field];
  }

  load(record: R): void {
    this.#due.set(record.id, this.#timeOf(record));
  }

  apply({ changes }: Commit<R>): void {
    for (const { id, after } of changes) this.#due.set(id, after && this.#timeOf(after));
    this.#schedule();
  }

  /** From now on what is due goes, also what was due before. */
  start(): void {
    this.#state = 'running';
    this.#schedule();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
  }

  #timeOf(record: R): number | undefined {
    const at = (record as Record<string, unknown>)[this.#options.field];
    return at instanceof Date ? at.getTime() : undefined;
  }

  /** One timer, for the first that is due. */
  #schedule(leastMs = 0): void {
    if (this.#state !== 'running' || this.#isSweeping) return;
    clearTimeout(this.#timer);
    const next = this.#due.next();
    if (next === undefined) return;
    const ms = Math.min(Math.max(next - Date.now(), leastMs), LONGEST_SLEEP_MS);
    this.#timer = setTimeout(() => void this.#sweep(), ms).unref();
  }

  async #sweep(): Promise<void> {
    this.#isSweeping = true;
    const ids = this.#due.until(Date.now(), CHANGES);
    const isDone = ids.length === 0 || (await this.#remove(ids));
    this.#isSweeping = false;
    this.#schedule(isDone ? 0 : RETRY_MS);
  }

  /** False if nothing came of it. */
  async #remove(ids: readonly number[]): Promise<boolean> {
    try {
      const { commit } = await this.#options.submit({
        origin: { actor: 'system', from: '', requestId: randomUUID() },
        deadline: Date.now() + COMMIT_MS,
        ids,
        decide: (view) => {
          for (const id of ids) {
            this.#removeIfDue(view, id);
            if (view.weight > BYTES) break;
          }
          return { verb: 'expired' };
        },
      });
      return commit !== undefined;
    } catch (error) {
      if (this.#state === 'running')
        this.#options.log.warn({ err: error }, 'what has expired could not be taken out, trying again');
      return false;
    }
  }

  #removeIfDue(view: View<R>, id: number): void {
    const record = view.rowOf(id);
    const time = record && this.#timeOf(record);
    if (time !== undefined && time <= view.at.getTime()) view.remove(record as R);
  }
}
