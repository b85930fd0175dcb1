// Hears of every commit as a consumer does, and says when it has heard of one.

import { setTimeout as delay } from 'node:timers/promises';
import { connectBus, consume, streamName } from '@egg/bus';
import { quiet } from '@egg/testing';

export interface BusWatch {
  /** Resolves when the event of this revision, or of a later one, has come. */
  hearsOf(revision: number): Promise<void>;
  stop(): Promise<void>;
}

const LOST_MS = 30_000;

/** Starts to hear. Every revision comes once and in order, or `stop` throws. */
export function startBusWatch(bus: { readonly url: string; readonly prefix: string }): BusWatch {
  const connection = connectBus({ ...bus, name: 'fault-test', log: quiet });
  const stopping = new AbortController();
  let heard = 0;
  let disorder: string | undefined;
  const running = consume({
    bus: connection,
    log: quiet,
    stream: streamName(bus.prefix, 'domain_block'),
    from: 1,
    signal: stopping.signal,
    onGap: ({ from, to }) => void (disorder ??= `${from} to ${to} are missing`),
    handler: ({ revision }) => {
      if (revision !== heard + 1) disorder ??= `${revision} came after ${heard}`;
      heard = revision;
    },
  });
  return {
    hearsOf: async (revision) => {
      const asked = performance.now();
      const isHeard = (): boolean => heard >= revision;
      while (!isHeard()) {
        if (performance.now() - asked > LOST_MS) throw new Error(`the event of ${revision} does not come`);
        await delay(5);
      }
    },
    stop: async () => {
      stopping.abort();
      await running;
      await connection.close();
      if (disorder !== undefined) throw new Error(disorder);
    },
  };
}
