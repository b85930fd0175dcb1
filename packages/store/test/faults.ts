// A database whose operations fail as real ones do: refused before they are done, done but not answered, done in part, done long
// after the caller was told that they failed; or the process dies at that moment and nothing of it goes on.

import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../src/connection.ts';

export const FAULTS = ['refused', 'unanswered', 'partial', 'late', 'dies before', 'dies after'] as const;
export type Fault = (typeof FAULTS)[number];

type Operation = (...args: unknown[]) => Promise<unknown>;

const WRITES = new Set(['insertOne', 'insertMany', 'bulkWrite', 'updateOne', 'updateMany', 'deleteMany']);

export class FaultyDatabase implements Pick<Database, 'collection'> {
  readonly #database: Pick<Database, 'collection'>;
  /** What happens to the next operations, one each; then nothing more. */
  readonly #plan: (Fault | undefined)[];
  readonly late: Promise<unknown>[] = [];
  readonly died: Promise<void>;
  #die: () => void = () => undefined;
  dead = false;
  armed = false;

  constructor(database: Pick<Database, 'collection'>, plan: readonly (Fault | undefined)[]) {
    this.#database = database;
    this.#plan = [...plan];
    this.died = new Promise((resolve) => (this.#die = resolve));
  }

  /** Its process is over: operations neither happen nor fail. */
  kill(): void {
    this.dead = true;
    this.#die();
  }

  collection: Database['collection'] = (name) => {
    const real = this.#database.collection(name);
    return new Proxy(real, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property);
        if (typeof member !== 'function') return member;
        if (property === 'find')
          return (...args: unknown[]) => this.#find(target, member.bind(target) as never, args);
        if (property !== 'findOne' && !WRITES.has(String(property))) return member.bind(target) as unknown;
        return (...args: unknown[]) => this.#run(String(property), member.bind(target) as Operation, args);
      },
    }) as never;
  };

  #next(): Fault | undefined {
    return this.armed ? this.#plan.shift() : undefined;
  }

  async #run(name: string, operation: Operation, args: unknown[]): Promise<unknown> {
    if (this.dead) return never();
    const fault = this.#next();
    if (fault === undefined) return this.#unlessDead(await operation(...args));
    if (fault === 'dies before') {
      this.kill();
      return never();
    }
    if (fault === 'dies after') {
      const under = operation(...args).catch(() => undefined);
      this.kill();
      this.late.push(under);
      return never();
    }
    if (fault === 'unanswered' || (fault === 'partial' && name === 'insertOne')) await operation(...args);
    if (fault === 'partial' && name === 'insertMany') {
      // Its own error would say of the other half that it is there.
      await operation(halfOf(args[0] as unknown[]), ...args.slice(1)).catch(() => undefined);
    }
    if (fault === 'partial' && name === 'updateMany') {
      const [{ _id, ...filter }, ...rest] = args as [{ _id: { $in: unknown[] } }, ...unknown[]];
      await operation({ ...filter, _id: { $in: halfOf(_id.$in) } }, ...rest);
    }
    if (fault === 'late' && WRITES.has(name)) {
      this.late.push(
        delay(30)
          .then(() => operation(...args))
          .catch(() => undefined),
      );
    }
    throw new Error(`injected: ${fault}`);
  }

  #find(_target: object, find: (...args: unknown[]) => object, args: unknown[]): object {
    // Reads are many: they take a fault only where it is one that a read can have.
    const fails = this.armed && this.#plan[0] === 'refused';
    if (fails) this.#plan.shift();
    return this.dead || fails ? this.#brokenCursor() : find(...args);
  }

  #brokenCursor(): object {
    const fail = (): Promise<never> =>
      this.dead ? never() : Promise.reject(new Error('injected: refused read'));
    const cursor = {
      sort: () => cursor,
      limit: () => cursor,
      batchSize: () => cursor,
      toArray: fail,
      [Symbol.asyncIterator]: () => ({ next: fail }),
    };
    return cursor;
  }

  #unlessDead(value: unknown): unknown {
    return this.dead ? never() : value;
  }
}

function halfOf(all: readonly unknown[]): unknown[] {
  return all.slice(0, Math.ceil(all.length / 2));
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
