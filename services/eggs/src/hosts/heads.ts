// The counters of the blocklists as a check-in answers them: from memory that follows the logs, whether or not the service is up that
// writes them.

import type { Contract } from '@egg/contract';
import type { CheckInReplyAnswer } from '@egg/contract/types/eggs';
import { RpcError } from '@egg/rpc/errors';
import { type Database, followHead, type LogHead } from '@egg/store';

export type Counters = Pick<CheckInReplyAnswer, 'counters' | 'logs'>;

/** Together less than the second that an answer may be behind. */
const FRESH_MS = 400;
const WAIT_MS = 500;
const PREFIX = 'counter_for_';

export class Heads {
  readonly #heads: readonly { readonly counter: string; readonly head: LogHead }[];

  constructor(contract: Contract, database: Pick<Database, 'collection'>) {
    this.#heads = contract.tables.flatMap(({ name, counter }) =>
      counter === undefined ? [] : [{ counter, head: followHead(database, name) }],
    );
  }

  /** Throws UNAVAILABLE where what is known is older. */
  async read(): Promise<Counters> {
    const read = await Promise.all(
      this.#heads.map(async ({ counter, head }) => {
        const found = await head.read(FRESH_MS, WAIT_MS);
        if (!found) throw new RpcError('UNAVAILABLE', 'the database does not tell the counters');
        return { counter, ...found };
      }),
    );
    return {
      counters: Object.fromEntries(read.map(({ counter, revision }) => [counter, revision])),
      logs: Object.fromEntries(read.map(({ counter, log }) => [counter.slice(PREFIX.length), log])),
    } as unknown as Counters;
  }

  stop(): void {
    for (const { head } of this.#heads) head.close();
  }
}
