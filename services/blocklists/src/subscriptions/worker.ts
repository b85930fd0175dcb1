// Does what is due, in this process: at most two updates at a time, one timer for the next of them. Other replicas do the same over
// the same states; who claims one first does it, and whose claim runs out has died.

import { FetchFailure } from './failure.ts';
import { end, type FetchEnd, release, renew } from './fetch-steps.ts';
import type { StateDocument } from './state-document.ts';
import type { States } from './states.ts';

export interface WorkerOptions {
  readonly states: States;
  readonly work: (state: StateDocument, signal: AbortSignal) => Promise<FetchEnd>;
  /** Told of each update that has ended. */
  readonly ended: (state: StateDocument, how: FetchEnd, ms: number) => void;
  readonly log: { warn(details: object, message: string): void };
  /** How long a claim lasts that nobody holds any more. Default: 20 s. */
  readonly leaseMs?: number;
  /** How often to look for what other replicas have made due. Default: 5 s. */
  readonly lookMs?: number;
}

const SLOTS = 2;
const LEASE_MS = 20_000;
const LOOK_MS = 5000;
/** Others may be about to claim what is due. */
const SHORTEST_WAIT_MS = 50;
/** After the database did not answer. */
const RETRY_MS = 1000;

interface Running {
  /** Of the record that it is done for. */
  readonly revision: number;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

export class Worker {
  readonly #options: WorkerOptions;
  readonly #leaseMs: number;
  readonly #lookMs: number;
  readonly #running = new Map<number, Running>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAwaited = false;
  #isStopped = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
    this.#lookMs = options.lookMs ?? LOOK_MS;
  }

  /** Looks now for what is due. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isAwaited = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#isAwaited) this.wake();
    });
  }

  /** Gives up an update that was begun for an older record than that of the revision; what is due then is claimed again. */
  abort(id: number, revision: number): void {
    const running = this.#running.get(id);
    if (running && running.revision < revision) {
      running.controller.abort(new FetchFailure('the subscription has changed'));
    }
  }

  /** Gives up all of them and hands their claims back. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    for (const { controller } of this.#running.values()) {
      controller.abort(new FetchFailure('the service stops'));
    }
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #look(): Promise<void> {
    this.#isAwaited = false;
    clearTimeout(this.#timer);
    let waitMs = this.#lookMs;
    try {
      while (this.#running.size < SLOTS && !this.#isStopped) {
        const state = await this.#options.states.claim(this.#leaseMs);
        if (!state) break;
        this.#begin(state);
      }
      // With no slot free, whoever ends first looks again.
      const due = this.#running.size < SLOTS ? await this.#options.states.nextDue() : undefined;
      if (due) waitMs = Math.min(waitMs, Math.max(due.getTime() - Date.now(), SHORTEST_WAIT_MS));
    } catch (error) {
      this.#options.log.warn({ err: error }, 'what is due of the subscriptions cannot be read');
      waitMs = RETRY_MS;
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => this.wake(), waitMs);
  }

  #begin(state: StateDocument): void {
    const controller = new AbortController();
    const done = this.#do(state, controller)
      .catch((error: unknown) => {
        // The claim runs out, and somebody does it again.
        this.#options.log.warn(
          { subscription: state.name, err: error },
          'an update could not be written down',
        );
      })
      .finally(() => {
        this.#running.delete(state._id);
        this.wake();
      });
    this.#running.set(state._id, { revision: state.revision, controller, done });
  }

  async #do(state: StateDocument, controller: AbortController): Promise<void> {
    const { states, work, ended } = this.#options;
    const { _id: id, claim = '', phase, next_fetch_at } = state;
    const holding = this.#hold(state, controller);
    const startedMs = performance.now();
    try {
      // Due only because the one who had claimed it died, and nothing to do by now.
      const isIdle = phase === 'live' && (next_fetch_at === null || next_fetch_at > new Date());
      if (isIdle) await states.step(id, (now) => release(now, claim));
      else {
        const how = await work(state, controller.signal);
        // Told before it is written, so that whoever waits for the one finds the other.
        ended(state, how, performance.now() - startedMs);
        await states.step(id, (now) => end(now, state, how, new Date()));
      }
    } catch (thrown) {
      if (!controller.signal.aborted) throw thrown;
      await states.step(id, (now) => release(now, claim));
    } finally {
      clearInterval(holding);
    }
  }

  /** Renews a claim until the interval is cleared. One that is lost, or cannot be renewed in time, aborts the update. */
  #hold({ _id: id, claim = '' }: StateDocument, controller: AbortController): NodeJS.Timeout {
    const everyMs = this.#leaseMs / 5;
    let heldUntil = Date.now() + this.#leaseMs;
    return setInterval(() => {
      const until = new Date(Date.now() + this.#leaseMs);
      if (Date.now() > heldUntil - everyMs) controller.abort(new FetchFailure('the claim has run out'));
      this.#options.states
        .step(id, (state) => renew(state, claim, until))
        .then(
          (renewed) => {
            if (renewed) heldUntil = until.getTime();
            else controller.abort(new FetchFailure('another replica has taken over'));
          },
          () => undefined,
        );
    }, everyMs);
  }
}
