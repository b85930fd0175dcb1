// Gathers what comes within a few milliseconds into batches, one after the other, so that many small writes become few large ones.
// The queue is bounded: beyond it, and where an answer would come too late, callers are refused at once.

import { RpcError } from '@egg/rpc/errors';

export interface BatchesOptions<In, Out> {
  /** What must not be in a batch twice; the second one waits for the next. */
  readonly keyOf: (item: In) => number | string;
  readonly weightOf: (item: In) => number;
  /** Settles every item by its own promise. Must not throw for one item alone. */
  readonly run: (batch: readonly In[]) => Promise<readonly (Out | Error)[]>;
}

interface Waiting<In, Out> {
  readonly item: In;
  readonly weight: number;
  readonly sinceMs: number;
  readonly deadline: number;
  readonly settle: PromiseWithResolvers<Out>;
}

const GATHER_MS = 3;
const MOST = 500;
const MOST_WEIGHT = 4 * 1024 * 1024;
const QUEUE = 20_000;
const QUEUE_WEIGHT = 64 * 1024 * 1024;

export class Batches<In, Out> {
  readonly #options: BatchesOptions<In, Out>;
  #queue: Waiting<In, Out>[] = [];
  #weight = 0;
  #running: Promise<void> | undefined;
  #waitMs = 0;

  constructor(options: BatchesOptions<In, Out>) {
    this.#options = options;
  }

  /** How long the one that waited longest since this was asked last had to wait, in milliseconds. */
  takeWaitMs(): number {
    const oldestMs = this.#queue[0] ? performance.now() - this.#queue[0].sinceMs : 0;
    const waitMs = Math.max(this.#waitMs, oldestMs);
    this.#waitMs = 0;
    return waitMs;
  }

  /** Resolves with what became of the item. Throws RESOURCE_EXHAUSTED where too many wait, UNAVAILABLE at the deadline (epoch ms). */
  async add(item: In, deadline: number): Promise<Out> {
    const weight = this.#options.weightOf(item);
    if (this.#queue.length >= QUEUE || (this.#weight + weight > QUEUE_WEIGHT && this.#queue.length > 0))
      throw new RpcError('RESOURCE_EXHAUSTED', 'more comes than can be kept: try again later');
    const settle = Promise.withResolvers<Out>();
    this.#queue.push({ item, weight, sinceMs: performance.now(), deadline, settle });
    this.#weight += weight;
    this.#running ??= this.#run();
    const refuse = (): void =>
      settle.reject(new RpcError('UNAVAILABLE', 'the database did not answer in time'));
    const timer = setTimeout(refuse, Math.max(0, deadline - Date.now()));
    try {
      return await settle.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    while (this.#queue.length > 0) {
      const batch = this.#next();
      if (batch.length === 0) continue;
      const items = batch.map(({ item }) => item);
      const outcomes = await this.#options
        .run(items)
        .catch((error: unknown) =>
          items.map(() => (error instanceof Error ? error : new Error(String(error)))),
        );
      for (const [index, { settle, sinceMs }] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome instanceof Error) settle.reject(outcome);
        else settle.resolve(outcome as Out);
        this.#waitMs = Math.max(this.#waitMs, performance.now() - sinceMs);
      }
    }
    this.#running = undefined;
  }

  #next(): Waiting<In, Out>[] {
    const batch: Waiting<In, Out>[] = [];
    const left: Waiting<In, Out>[] = [];
    const keys = new Set<number | string>();
    let weight = 0;
    for (const waiting of this.#queue) {
      const key = this.#options.keyOf(waiting.item);
      const isFull = batch.length >= MOST || (weight + waiting.weight > MOST_WEIGHT && batch.length > 0);
      // Nobody waits for it any more.
      if (waiting.deadline <= Date.now()) this.#weight -= waiting.weight;
      else if (isFull || keys.has(key)) left.push(waiting);
      else {
        keys.add(key);
        batch.push(waiting);
        weight += waiting.weight;
      }
    }
    this.#weight -= weight;
    this.#queue = left;
    return batch;
  }
}
