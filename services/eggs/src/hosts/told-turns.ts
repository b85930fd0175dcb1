// Tells the bus of hosts that have come online or gone offline: what is told stands on each host's state until the bus has it. Any number
// of replicas may tell the same; a host's turns are told in their order.

import type { Facts } from '@egg/bus';
import type { StateCollection, StateDocument } from './state-document.ts';

export interface TurnsOptions {
  readonly states: StateCollection;
  readonly facts: Facts;
  readonly log: { debug(details: object, message: string): void };
}

const LOOK_MS = 1000;
const MOST = 500;

type Pending = Required<Pick<StateDocument, '_id' | 'turns' | 'pending'>>;

export class ToldTurns {
  readonly #options: TurnsOptions;
  readonly #timer: NodeJS.Timeout;
  #telling: Promise<void> | undefined;
  #isWoken = false;
  #isStopped = false;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.wake(), LOOK_MS);
    this.#timer.unref();
  }

  /** There may be something to tell. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isStopped) this.#telling ??= this.#tellAll().finally(() => (this.#telling = undefined));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#isStopped = true;
    await this.#telling;
  }

  async #tellAll(): Promise<void> {
    while (this.#isWoken) {
      this.#isWoken = false;
      try {
        while ((await this.#tellSome()) === MOST) {
          // Until few are left.
        }
      } catch (error) {
        this.#options.log.debug({ err: error }, 'the bus does not take the turns of hosts yet');
        return;
      }
    }
  }

  async #tellSome(): Promise<number> {
    const { states, facts } = this.#options;
    const found = await states
      .find(
        { has_pending: true },
        { projection: { turns: 1, pending: 1 }, readConcern: { level: 'majority' } },
      )
      .limit(MOST)
      .toArray();
    if (found.length === 0) return 0;
    const all: Pending[] = found.map(({ _id, turns, pending = [] }) => ({ _id, turns, pending }));
    await facts.tell(all.flatMap(factsOf));
    // Only where it has not turned again since; else all of it is told again, and known again.
    for (const [turns, some] of Map.groupBy(all, (one) => one.turns)) {
      const filter = { _id: { $in: some.map(({ _id }) => _id) }, turns };
      await states.updateMany(filter, { $unset: { pending: true, has_pending: true } });
    }
    return found.length;
  }
}

function factsOf({ _id: id, pending }: Pending) {
  return pending.map(({ turn, at, name }) => {
    const verb = turn % 2 === 1 ? 'online' : 'offline';
    const data = { host: { id, name }, at };
    return { id: `host:${id}:${verb}:${turn}`, verb, subject: String(id), at, data };
  });
}
