// What the tests of subscriptions stand on: replicas over one database, in this process, with claims that run out soon.

import { loadContract } from '@egg/contract';
import type { DomainBlock, Subscription } from '@egg/contract/types/blocklists';
import type { CallContext, Handlers } from '@egg/rpc';
import type { Database, Table } from '@egg/store';
import { quiet, testDatabase } from '@egg/testing';
import { subscriptionMethods } from '../src/rpc/subscription.ts';
import { refusedBy } from '../src/subscriptions/addresses.ts';
import type { StateDocument } from '../src/subscriptions/state-document.ts';
import { statesIn } from '../src/subscriptions/state-document.ts';
import { startSubscriptions, type Subscriptions } from '../src/subscriptions/subscriptions.ts';
import { FETCH_LIMITS, type FetchLimits } from '../src/subscriptions/time-limits.ts';
import { domainBlocks, subscriptions } from '../src/tables.ts';

const contract = loadContract();
const SERVICE = contract.service('egg.blocklists.v1.SubscriptionService');
const CONFIG = { allowPrivate: true };
export const LEASE_MS = 4000;

let calls = 0;

export interface ReplicaOptions {
  readonly limits?: Partial<FetchLimits>;
}

/** One replica. */
export class Replica {
  readonly domains: Table<DomainBlock>;
  readonly table: Table<Subscription>;
  readonly running: Subscriptions;
  /** Results of its fetches. */
  readonly results: string[];
  /** What it has logged. */
  readonly lines: string[];
  readonly #handlers: Handlers;

  private constructor(parts: {
    domains: Table<DomainBlock>;
    table: Table<Subscription>;
    running: Subscriptions;
    results: string[];
    lines: string[];
    standard: Handlers;
  }) {
    this.domains = parts.domains;
    this.table = parts.table;
    this.running = parts.running;
    this.results = parts.results;
    this.lines = parts.lines;
    const own = subscriptionMethods(this.table, this.running, parts.standard);
    this.#handlers = { ...parts.standard, ...own };
  }

  static async open(database: Database, { limits = {} }: ReplicaOptions = {}): Promise<Replica> {
    const domains = await domainBlocks(contract).open({ database, log: quiet });
    const opened = await subscriptions(contract, CONFIG).open({ database, log: quiet });
    const results: string[] = [];
    const lines: string[] = [];
    const line = (details: object, message: string): void =>
      void lines.push(JSON.stringify({ ...details, message }));
    const running = await startSubscriptions({
      database,
      subscriptions: opened.table,
      domains: domains.table,
      refuse: refusedBy(CONFIG),
      count: (result) => void results.push(result),
      log: { debug: line, info: line, warn: line, error: line },
      limits: { ...FETCH_LIMITS, ...limits },
      leaseMs: LEASE_MS,
      lookMs: 100,
    });
    return new Replica({
      domains: domains.table,
      table: opened.table,
      running,
      results,
      lines,
      standard: opened.handlers,
    });
  }

  /** Calls a method as the pipeline does, and answers with its `data`. */
  async call<T = Subscription>(name: string, request: object, waitMs = 20_000): Promise<T> {
    const method = SERVICE.methods.find((one) => one.name === name) as CallContext['method'];
    const context: CallContext = {
      caller: { name: 'tester', role: 'admin' },
      requestId: `call-${++calls}`,
      from: '127.0.0.1',
      deadline: Date.now() + waitMs,
      signal: new AbortController().signal,
      method,
      requestBytes: new Uint8Array(),
    };
    const handler = this.#handlers[name] as unknown as (
      request: object,
      context: CallContext,
    ) => Promise<{ data: T }>;
    return (await handler(request, context)).data;
  }

  /** A subscription as List shows it. */
  async show(id: number): Promise<Subscription> {
    const [shown] = await this.call<Subscription[]>('List', { id });
    return shown as Subscription;
  }

  /** The names of a source's entries, sorted. */
  async entries(source: string): Promise<string[]> {
    const found: string[] = [];
    for await (const rows of this.domains.scan({ sources: source })) {
      found.push(...rows.map(({ domain }) => domain));
    }
    return found.sort();
  }

  async close(): Promise<void> {
    await this.running.stop();
    await this.table.close();
    await this.domains.close();
  }
}

/** A database of its own for a test file, and its states. */
export async function testStates(): Promise<{
  database: Database;
  state: (id: number) => Promise<StateDocument | null>;
  /** As if the time of a subscription had come. */
  makeDue: (id: number) => Promise<void>;
}> {
  const database = await testDatabase();
  const states = statesIn(database);
  return {
    database,
    state: (id) => states.findOne({ _id: id }),
    makeDue: async (id) => {
      const now = new Date();
      await states.updateOne(
        { _id: id },
        { $set: { next_fetch_at: now, due_at: now }, $inc: { version: 1 } },
      );
    },
  };
}
