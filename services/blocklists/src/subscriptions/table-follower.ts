// Keeps the states in step with the table of subscriptions: every commit of the log is followed in order, by every replica, whoever
// wrote it; and at the start, or after something went wrong, all of them are compared.

import type { Subscription } from '@egg/contract/types/blocklists';
import type { Commit, Table } from '@egg/store';
import { followDeletion, followRecord } from './record-steps.ts';
import type { Cause } from './state-document.ts';
import type { States } from './states.ts';

export interface FollowerOptions {
  readonly table: Table<Subscription>;
  readonly states: States;
  /** Told of each subscription whose record has changed, and by which commit. */
  readonly changed: (id: number, revision: number) => void;
  readonly log: { warn(details: object, message: string): void };
}

const RETRY_MS = 1000;
const HISTORY = 1000;

export class TableFollower {
  readonly #options: FollowerOptions;
  readonly #unfollow: () => void;
  #queue: Promise<void> = Promise.resolve();
  /** Something could not be followed: what comes is in the comparison that is to be made. */
  #isBehind = false;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  private constructor(options: FollowerOptions) {
    this.#options = options;
    this.#unfollow = options.table.onCommit((commit) => this.#push(() => this.#follow(commit)));
  }

  /** Compares all states with the table, and follows it from then on. Throws where the database does not answer. */
  static async start(options: FollowerOptions): Promise<TableFollower> {
    const follower = new TableFollower(options);
    const compared = follower.#compare();
    follower.#push(() => compared.catch(() => undefined));
    try {
      await compared;
    } catch (error) {
      await follower.stop();
      throw error;
    }
    return follower;
  }

  /** Ends when what was committed by now is followed. */
  settled(): Promise<void> {
    return this.#queue;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unfollow();
    clearTimeout(this.#retry);
    await this.#queue;
  }

  #push(task: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#isBehind || this.#isStopped) return;
      try {
        await task();
      } catch (error) {
        this.#fallBehind(error);
      }
    });
  }

  #fallBehind(error: unknown): void {
    this.#isBehind = true;
    this.#options.log.warn({ err: error }, 'the subscriptions cannot be followed, trying again');
    this.#retry = setTimeout(() => {
      this.#isBehind = false;
      this.#push(() => this.#compare());
    }, RETRY_MS);
  }

  async #follow({ revision, requestId, from, changes }: Commit<Subscription>): Promise<void> {
    const cause = { from, request_id: requestId };
    for (const { id, after } of changes) {
      if (after) await this.#keep(after, cause);
      else await this.#drop(id, revision);
    }
  }

  async #keep(record: Subscription, cause?: Cause): Promise<void> {
    const { states, changed } = this.#options;
    await states.stepOrBegin(record.id, (state) => followRecord(state, record, new Date(), cause));
    changed(record.id, record.revision);
  }

  async #drop(id: number, revision: number): Promise<void> {
    const { states, changed } = this.#options;
    await states.step(id, (state) => followDeletion(state, revision, new Date()));
    changed(id, revision);
  }

  /** Deletions first: a subscription that was added since may have the name of one of them. */
  async #compare(): Promise<void> {
    const { table, states } = this.#options;
    const known = new Map((await states.living()).map((state) => [state._id, state]));
    const records = new Map<number, Subscription>();
    for await (const rows of table.scan({})) for (const row of rows) records.set(row.id, row);
    for (const { _id: id, revision, phase } of known.values()) {
      if (phase !== 'live' || records.has(id)) continue;
      // The rows may be behind the log; the log says what became of it.
      for (let after = revision, more = true; more;) {
        const read = await table.touching(id, after, HISTORY);
        for (const { revision: at, changes } of read.commits) {
          if (!changes.some((change) => change.id === id && change.after)) await this.#drop(id, at);
          after = at;
        }
        more = read.more;
      }
    }
    for (const record of records.values()) {
      if ((known.get(record.id)?.revision ?? 0) < record.revision) await this.#keep(record);
    }
  }
}
