// Gathers what is asked within a few milliseconds, so that many hosts that check in at once ask the database once. What is asked for one
// host waits until what was asked for it before is answered.

import { RpcError } from '@egg/rpc/errors';

interface Waiting<In, Out> {
  readonly item: In;
  readonly deadline: number;
  readonly settle: PromiseWithResolvers<Out>;
}

const GATHER_MS = 2;
const MOST = 500;
const QUEUE = 20_000;
/** Batches that are answered at the same time. */
const AT_ONCE = 4;

export class Gather<In, Out> {
  readonly #keyOf: (item: In) => number;
  readonly #run: (items: readonly In[]) => Promise<readonly (Out | Error)[]>;
  #queue: Waiting<In, Out>[] = [];
  readonly #busy = new Set<number>();
  #running = 0;
  #isWaiting = false;

  constructor(keyOf: (item: In) => number, run: (items: readonly In[]) => Promise<readonly (Out | Error)[]>) {
    this.#keyOf = keyOf;
    this.#run = run;
  }

  /** Throws RESOURCE_EXHAUSTED where too many wait, and what became of the item. */
  add(item: In, deadline: number): Promise<Out> {
    if (this.#queue.length >= QUEUE)
      return Promise.reject(new RpcError('RESOURCE_EXHAUSTED', 'too many hosts ask for work at once'));
    const settle = Promise.withResolvers<Out>();
    this.#queue.push({ item, deadline, settle });
    this.#later();
    return settle.promise;
  }

  #later(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      while (this.#running < AT_ONCE && this.#next()) {
        // As many as may be.
      }
    }, GATHER_MS);
  }

  /** Begins a batch; false where there is none. */
  #next(): boolean {
    const batch: Waiting<In, Out>[] = [];
    const left: Waiting<In, Out>[] = [];
    const now = Date.now();
    for (const waiting of this.#queue) {
      const key = this.#keyOf(waiting.item);
      if (waiting.deadline <= now) waiting.settle.reject(new RpcError('UNAVAILABLE', 'there was no time'));
      else if (batch.length >= MOST || this.#busy.has(key)) left.push(waiting);
      else {
        this.#busy.add(key);
        batch.push(waiting);
      }
    }
    this.#queue = left;
    if (batch.length === 0) return false;
    this.#running++;
    void this.#answer(batch).finally(() => {
      this.#running--;
      for (const { item } of batch) this.#busy.delete(this.#keyOf(item));
      if (this.#queue.length > 0) this.#later();
    });
    return true;
  }

  async #answer(batch: readonly Waiting<In, Out>[]): Promise<void> {
    let outcomes: readonly (Out | Error)[];
    try {
      outcomes = await this.#run(batch.map(({ item }) => item));
    } catch (error) {
      outcomes = batch.map(() => (error instanceof Error ? error : new Error(String(error))));
    }
    for (const [index, { settle }] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome instanceof Error) settle.reject(outcome);
      else settle.resolve(outcome as Out);
    }
  }
}
