// Takes check-ins as they come: gathered into batches, with an interval for each host that fits the load.

import { RpcError } from '@egg/rpc/errors';
import { nextCheckIn } from '../domain/check-in-interval.ts';
import { Batches } from './batches.ts';
import { LoadMeter } from './load-meter.ts';
import { type CheckIn, type TakenCheckIn, takeCheckIns, type TakeParts } from './take-check-ins.ts';

export interface CheckInsOptions extends TakeParts {
  /** The interval where there is little to do. */
  readonly seconds: number;
  readonly log: { warn(details: object, message: string): void };
}

/** By estimate, in bytes: what a name takes beside itself. */
const ENTRY_BYTES = 60;

export class CheckIns {
  readonly #options: CheckInsOptions;
  readonly #batches: Batches<CheckIn, TakenCheckIn>;
  readonly #load: LoadMeter;

  constructor(options: CheckInsOptions) {
    this.#options = options;
    this.#batches = new Batches<CheckIn, TakenCheckIn>({
      keyOf: ({ host }) => host,
      weightOf,
      run: (batch) => this.#take(batch),
    });
    this.#load = new LoadMeter(() => this.#batches.takeWaitMs());
  }

  /** Answers when it is durable. Throws RpcError. */
  take(checkIn: Omit<CheckIn, 'intervalSeconds'>, deadline: number): Promise<TakenCheckIn> {
    const intervalSeconds = nextCheckIn(this.#options.seconds, this.#load.factor, Math.random);
    return this.#batches.add({ ...checkIn, intervalSeconds }, deadline);
  }

  async stop(): Promise<void> {
    this.#load.stop();
    await this.#batches.idle();
  }

  async #take(batch: readonly CheckIn[]): Promise<readonly (TakenCheckIn | RpcError)[]> {
    try {
      return await takeCheckIns(this.#options, batch);
    } catch (error) {
      if (error instanceof RpcError) throw error;
      this.#options.log.warn({ err: error, check_ins: batch.length }, 'check-ins could not be kept');
      throw new RpcError('UNAVAILABLE', 'the check-in could not be kept', { cause: error });
    }
  }
}

function weightOf({ eggs, blocked }: CheckIn): number {
  const named = eggs.reduce((sum, { egg, version }) => sum + egg.length + version.length + ENTRY_BYTES, 200);
  return blocked.reduce((sum, { name }) => sum + name.length + ENTRY_BYTES, named);
}
