// Tells the bus of executions that have ended: the mark stands on each until the bus has it. Any number of replicas may tell the same.

import type { Facts } from '@egg/bus';
import { asExecution } from './shown.ts';
import { type ExecutionCollection, MAJORITY } from './documents.ts';

export interface ToldEndsOptions {
  readonly executions: ExecutionCollection;
  readonly facts: Facts;
  readonly log: { debug(details: object, message: string): void };
}

const SOME = 500;

export class ToldEnds {
  readonly #options: ToldEndsOptions;

  constructor(options: ToldEndsOptions) {
    this.#options = options;
  }

  /** Tells all that there is to tell. Never throws: what the bus does not take now stays. */
  async tellAll(): Promise<void> {
    try {
      while ((await this.#tellSome()) === SOME) {
        // Until few are left.
      }
    } catch (error) {
      this.#options.log.debug({ err: error }, 'the bus does not take the ends of executions yet');
    }
  }

  async #tellSome(): Promise<number> {
    const { executions, facts } = this.#options;
    const found = await executions.find({ untold: true }, MAJORITY).limit(SOME).toArray();
    if (found.length === 0) return 0;
    await facts.tell(
      found.map((document) => {
        const { _id: id, ended_at: at = document.queued_at } = document;
        return {
          id: `execution:${id}`,
          verb: 'ended',
          subject: id,
          at,
          data: { execution: asExecution(document) },
        };
      }),
    );
    const ids = found.map(({ _id }) => _id);
    await executions.updateMany({ _id: { $in: ids } }, { $unset: { untold: true } });
    return found.length;
  }
}
