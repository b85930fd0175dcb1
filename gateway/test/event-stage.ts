// What the tests of events need: commit logs in memory, told to the bus by the relay that the services use, and a gateway on it.

import { onTestFinished } from 'vitest';
import { type Bus, type Commit, type CommitSource, connectBus, startTableRelays } from '@egg/bus';
import { deleteStreams, quiet, testName } from '@egg/testing';
import type { HubOptions } from '../src/events/hub.ts';
import { type EventClient, listen } from './event-client.ts';
import { listening } from './listening.ts';

/** A commit log as the store keeps one, but in memory. */
export class MemoryLog implements CommitSource {
  readonly #history: string;
  readonly #commits: Commit[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(history = 'first') {
    this.#history = history;
  }

  get length(): number {
    return this.#commits.length;
  }

  /** Adds commits of one change each. `text` makes them as large as the test wants. */
  add(count: number, { verb = 'added', text = '' }: { verb?: string; text?: string } = {}): void {
    for (let n = 0; n < count; n += 1) {
      const revision = this.#commits.length + 1;
      this.#commits.push({
        revision,
        at: new Date(),
        actor: 'admin',
        requestId: `${this.#history}-${revision}`,
        verb,
        changes: [{ id: revision, after: { id: revision, domain: `host-${revision}.example`, text } }],
      });
    }
    for (const listener of this.#listeners) listener();
  }

  head(): Promise<number> {
    return Promise.resolve(this.#commits.length);
  }

  read(after: number, limit: number): Promise<readonly Commit[]> {
    return Promise.resolve(this.#commits.slice(after, after + limit));
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Has something done after the test, the last thing first. */
export function afterwards(end: () => Promise<unknown> | void): void {
  onTestFinished(async () => void (await end()));
}

interface Relayed {
  /** Resolves when the streams have all that the log has. */
  told(): Promise<void>;
  stop(): Promise<void>;
}

export interface Stage {
  readonly bus: Bus;
  readonly domains: MemoryLog;
  readonly processes: MemoryLog;
  /** The relays of the two logs. */
  readonly relays: readonly Relayed[];
  /** Tells the bus of one more log. */
  readonly relay: (table: 'domain_block' | 'process_block', log: MemoryLog, maxBytes?: number) => Relayed;
  /** Starts a gateway; many may be on one stage. */
  readonly gateway: (events?: Partial<HubOptions>) => Promise<Gateway>;
}

export interface Gateway {
  readonly url: string;
  readonly listen: (query?: string, lastId?: string) => Promise<EventClient>;
  readonly stop: () => Promise<void>;
  readonly metric: (name: string) => Promise<number>;
}

export interface StageOptions {
  /** How many commits the logs have, and the bus is told of, when the test begins. */
  readonly domains?: number;
  readonly processes?: number;
  /** Whether the bus is told at all. */
  readonly isRelayed?: boolean;
  /** How much a stream of domains keeps. */
  readonly maxBytes?: number;
  /** Whether there is a bus to wait for. */
  readonly isUp?: boolean;
}

/** Streams that nobody else has, with two logs that are told to them. */
export async function stage(natsUrl: string, options: StageOptions = {}): Promise<Stage> {
  const { isRelayed = true, isUp = true, maxBytes } = options;
  const prefix = testName();
  afterwards(() => deleteStreams(natsUrl, prefix));
  const connection = (): Bus => {
    const bus = connectBus({ url: natsUrl, prefix, name: 'test', log: quiet });
    afterwards(() => bus.close());
    return bus;
  };
  const bus = connection();
  const domains = new MemoryLog();
  const processes = new MemoryLog();
  const relay: Stage['relay'] = (table, source, bytes) => {
    const counter = table === 'domain_block' ? 'counter_for_domain' : 'counter_for_process';
    const size = bytes === undefined ? {} : { maxBytes: bytes };
    const relays = startTableRelays({ bus, log: quiet, table, counter, source, pollMs: 200, ...size });
    afterwards(() => relays.stop());
    return {
      told: () => relays.caughtUp(source.length, AbortSignal.timeout(20_000)),
      stop: () => relays.stop(),
    };
  };
  domains.add(options.domains ?? 0);
  processes.add(options.processes ?? 0);
  const relays = isRelayed
    ? [relay('domain_block', domains, maxBytes), relay('process_block', processes, maxBytes)]
    : [];
  if (isUp) await Promise.all(relays.map((relay) => relay.told()));
  return {
    bus,
    domains,
    processes,
    relays,
    relay,
    gateway: async (events = {}) => {
      const own = connection();
      const { app, url } = await listening({ bus: own, events: { lingerMs: 100, ...events } });
      afterwards(() => app.close());
      return {
        url,
        listen: async (query = '', lastId) => {
          const client = await listen(url, { query, ...(lastId !== undefined && { lastId }) });
          afterwards(() => client.close());
          return client;
        },
        stop: () => app.close(),
        metric: async (name) => {
          const text = await (await fetch(`${url}/metrics`)).text();
          return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
        },
      };
    },
  };
}

/** `domain_block:3`, `domain_block:4`, … */
export function idsOf(table: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${table}:${from + index}`);
}
