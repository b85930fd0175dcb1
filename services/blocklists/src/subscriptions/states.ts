// The states of all subscriptions in the database, which all replicas share. Every change is a step from the state that was read to the
// next one, written only if nobody was faster: so each fetch that is due is begun exactly once.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, unlessTaken } from '@egg/store';
import { claim } from './fetch-steps.ts';
import { type StateCollection, type StateDocument, statesIn } from './state-document.ts';

/** From a state to the next one; undefined where there is nothing to do. May be called again with a newer state. */
export type Step = (state: StateDocument) => StateDocument | undefined;

const DURABLE = { writeConcern: { w: 'majority' as const } };
const EPOCH = new Date(0);
/** Of those that are due, so many are tried at once: several replicas look at the same ones. */
const CANDIDATES = 20;
const POLL_MS = 150;

export class States {
  readonly #states: StateCollection;

  private constructor(states: StateCollection) {
    this.#states = states;
  }

  static async open(database: Pick<Database, 'collection'>): Promise<States> {
    const states = statesIn(database);
    await states.createIndex({ due_at: 1 });
    return new States(states);
  }

  async read(id: number): Promise<StateDocument | undefined> {
    return (await this.#states.findOne({ _id: id })) ?? undefined;
  }

  /** All states but those that are gone. */
  async living(): Promise<StateDocument[]> {
    return this.#states.find({ phase: { $in: ['live', 'removing'] } }).toArray();
  }

  /** Takes a step. Answers with the new state, or undefined where there is no state, or nothing to do. */
  async step(id: number, step: Step): Promise<StateDocument | undefined> {
    return this.stepOrBegin(id, (state) => state && step(state));
  }

  /** As `step`, and where there is no state yet it can begin one. */
  async stepOrBegin(
    id: number,
    step: (state: StateDocument | undefined) => StateDocument | undefined,
  ): Promise<StateDocument | undefined> {
    for (;;) {
      const state = await this.read(id);
      const next = step(state);
      if (!next) return undefined;
      const written = { ...next, version: (state?.version ?? 0) + 1 };
      if (await this.#write(state, written)) return written;
    }
  }

  /** Claims what has been due for longest, for `leaseMs`. Undefined where nothing is due. */
  async claim(leaseMs: number): Promise<StateDocument | undefined> {
    const now = new Date();
    const due = { due_at: { $gt: EPOCH, $lte: now } };
    for (const { _id } of await this.#states.find(due).sort({ due_at: 1 }).limit(CANDIDATES).toArray()) {
      const [token, until] = [randomUUID(), new Date(Date.now() + leaseMs)];
      const claimed = await this.step(_id, (state) => claim(state, token, until, now));
      if (claimed) return claimed;
    }
    return undefined;
  }

  /** When something is due next. */
  async nextDue(): Promise<Date | undefined> {
    const [first] = await this.#states
      .find({ due_at: { $gt: EPOCH } })
      .sort({ due_at: 1 })
      .limit(1)
      .toArray();
    return first?.due_at ?? undefined;
  }

  /** Whether entries of a deleted subscription of this name are still to be taken away. */
  async isRemoving(name: string): Promise<boolean> {
    return (await this.#states.findOne({ phase: 'removing', name })) !== null;
  }

  /** Waits until a state is as it is wanted, or until the time (epoch ms) or the signal. Answers with the state as it is then. */
  async until(
    id: number,
    isWanted: (state: StateDocument | undefined) => boolean,
    { deadline, signal }: { deadline: number; signal: AbortSignal },
  ): Promise<StateDocument | undefined> {
    for (;;) {
      const state = await this.read(id);
      if (isWanted(state) || Date.now() >= deadline || signal.aborted) return state;
      await delay(Math.min(POLL_MS, Math.max(deadline - Date.now(), 1)));
    }
  }

  /** Forgets states that have been gone since before that time. */
  async purge(before: Date): Promise<void> {
    await this.#states.deleteMany({ phase: 'gone', gone_at: { $lt: before } });
  }

  /** Whether it is written: false where somebody was faster. */
  async #write(state: StateDocument | undefined, next: StateDocument): Promise<boolean> {
    if (state) {
      const { _id: _, ...replacement } = next;
      const at = { _id: state._id, version: state.version };
      return (await this.#states.replaceOne(at, replacement, DURABLE)).matchedCount === 1;
    }
    return unlessTaken(this.#states.insertOne(next, DURABLE));
  }
}
