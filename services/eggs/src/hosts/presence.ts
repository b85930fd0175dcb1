// Hosts that were not seen within three of their intervals go offline: looked for every second by every replica, decided by one, because
// it is written only on top of what was read. A host that checks in at the same moment wins.

import { randomUUID } from 'node:crypto';
import type { Host } from '@egg/contract/types/eggs';
import { gone } from '../domain/host-state.ts';
import { type StateCollection, WITHOUT_PENDING } from './state-document.ts';
import { writeStates } from './write-states.ts';

export interface PresenceOptions {
  readonly states: StateCollection;
  readonly hostsOf: (ids: readonly number[]) => Promise<ReadonlyMap<number, Host>>;
  readonly turned: () => void;
  readonly log: { warn(details: object, message: string): void };
}

const LOOK_MS = 1000;
const MOST = 500;

export class Presence {
  readonly #options: PresenceOptions;
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#sweeping ??= this.#sweep().finally(() => (this.#sweeping = undefined));
    }, LOOK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    try {
      while ((await this.#sweepSome()) === MOST) {
        // Until few are left.
      }
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#options.log.warn({ err: error }, 'hosts that are gone cannot be looked for, trying again');
      this.#isFailing = true;
    }
  }

  /** Answers with how many were found. */
  async #sweepSome(): Promise<number> {
    const { states, hostsOf, turned } = this.#options;
    const at = new Date();
    const overdue = { online: true, online_until: { $gt: new Date(0), $lt: at } };
    const found = await states.find(overdue, WITHOUT_PENDING).limit(MOST).toArray();
    if (found.length === 0) return 0;
    const hosts = await hostsOf(found.map(({ _id }) => _id));
    // Of a host that was deleted while it checked in.
    const orphans = found.filter(({ _id }) => !hosts.has(_id));
    for (const { _id, version } of orphans) await states.deleteOne({ _id, version });
    const next = found.flatMap((before) => {
      const host = hosts.get(before._id);
      return host
        ? [{ id: host.id, name: host.name, before, state: gone(before), batches: before.batches, at }]
        : [];
    });
    if ((await writeStates(states, randomUUID(), next)).size > 0) turned();
    return found.length;
  }
}
