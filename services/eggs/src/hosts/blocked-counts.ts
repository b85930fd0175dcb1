// Counts what was blocked, by name and day, each check-in exactly once whatever is killed: a batch is written down before its check-ins
// are taken, and added to the counts after. Each count knows how far it has the batches of each process, so adding twice adds once; and
// each host's state knows its batches until they are counted, so another process can finish what a dead one has begun.

import { randomBytes } from 'node:crypto';
import { changeEach, type Database, insertUntaken, type OwnChange } from '@egg/store';
import { type Counted, countKey, dayPrefix, daysBefore, dayOf, summed } from '../domain/blocked.ts';
import { blockedCounts, type CountDocument } from './count-document.ts';
import { DURABLE, hostStates, type StateCollection } from './state-document.ts';

interface BatchDocument {
  /** `<process>:<number>` */
  readonly _id: string;
  readonly process: string;
  readonly number: number;
  readonly at: Date;
  readonly day: string;
  readonly entries: readonly { readonly host: number; readonly blocked: readonly Counted[] }[];
}

export interface CountsOptions {
  readonly database: Pick<Database, 'collection'>;
  readonly log: { warn(details: object, message: string): void };
}

/** A batch of check-ins that is about to be taken. */
export interface Batch {
  readonly id: string;
  /** Which hosts' check-ins were taken as new ones; without them their states say it. */
  over(hosts?: ReadonlySet<number>): void;
}

const KEEP_DAYS = 90;
const PURGE_EVERY_MS = 60 * 60_000;
const FINISH_EVERY_MS = 5000;
/** A process has taken or given up a batch long before. */
const LEFT_MS = 30_000;
const RETRY_MS = 500;
const SOME = 1000;

export class BlockedCounts {
  /** Names this process among all that ever were. */
  readonly #process = randomBytes(6).toString('hex');
  readonly #counts;
  readonly #batches;
  readonly #states: StateCollection;
  readonly #log: CountsOptions['log'];
  readonly #timers: NodeJS.Timeout[];
  #number = 0;
  #adding: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor({ database, log }: CountsOptions) {
    this.#counts = blockedCounts(database);
    this.#batches = database.collection<BatchDocument>('blocked_batches');
    this.#states = hostStates(database);
    this.#log = log;
    const quietly = (task: () => Promise<unknown>) => (): void => void task().catch(() => undefined);
    this.#timers = [
      setInterval(
        quietly(() => this.finishLeft(LEFT_MS)),
        FINISH_EVERY_MS,
      ).unref(),
      setInterval(
        quietly(() => this.purge(new Date())),
        PURGE_EVERY_MS,
      ).unref(),
    ];
    quietly(() => this.purge(new Date()))();
  }

  /**
   * Writes down what a batch would count, if it would count anything. A process has one batch at a time. Throws what the database throws.
   */
  async begin(
    day: string,
    checkIns: readonly { readonly host: number; readonly blocked: readonly Counted[] }[],
  ): Promise<Batch> {
    const [process, number] = [this.#process, ++this.#number];
    const id = `${process}:${number}`;
    const entries = checkIns
      .filter(({ blocked }) => blocked.length > 0)
      .map(({ host, blocked }) => ({ host, blocked }));
    if (entries.length === 0) return { id, over: () => undefined };
    const document: BatchDocument = { _id: id, process, number, at: new Date(), day, entries };
    await this.#batches.insertOne(document, DURABLE);
    return {
      id,
      over: (hosts) => {
        this.#adding = this.#adding.then(() => this.#addAtLast(document, hosts));
      },
    };
  }

  /** Which of some batches may not be counted yet. */
  async uncounted(batches: readonly string[]): Promise<Set<string>> {
    if (batches.length === 0) return new Set();
    const found = this.#batches.find({ _id: { $in: [...new Set(batches)] } }, { projection: { _id: 1 } });
    return new Set((await found.toArray()).map(({ _id }) => _id));
  }

  /** Resolves when all that was accepted by now is counted, or is left to others. */
  settled(): Promise<void> {
    return this.#adding;
  }

  /** Counts what was begun so long ago that its process is gone, in order. */
  async finishLeft(leftMs: number): Promise<void> {
    const found = await this.#batches.find({ at: { $lt: new Date(Date.now() - leftMs) } }).toArray();
    const left = found
      .filter(({ process }) => process !== this.#process)
      .sort((a, b) => a.process.localeCompare(b.process) || a.number - b.number);
    for (const document of left) await this.#add(document, await this.#takenOf(document));
  }

  /** Takes away what is older than 90 days. */
  async purge(now: Date): Promise<void> {
    const [from, to] = [dayPrefix(daysBefore(dayOf(now), KEEP_DAYS)), dayPrefix('0000-01-01')];
    await this.#counts.deleteMany({ _id: { $gte: from, $lt: to } });
  }

  /** Begins nothing more; what is not counted by now is for others to count. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timers.forEach(clearInterval);
    await this.#adding;
  }

  async #addAtLast(document: BatchDocument, hosts: ReadonlySet<number> | undefined): Promise<void> {
    for (;;) {
      try {
        return await this.#add(document, hosts ?? (await this.#takenOf(document)));
      } catch (error) {
        if (this.#isStopped) return;
        this.#log.warn({ err: error }, 'what was blocked cannot be counted, trying again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** The hosts whose check-in of a batch was taken as a new one. */
  async #takenOf({ _id, entries }: BatchDocument): Promise<Set<number>> {
    const hosts = entries.map(({ host }) => host);
    const found = this.#states.find({ _id: { $in: hosts }, batches: _id }, { projection: { _id: 1 } });
    return new Set((await found.toArray()).map(({ _id }) => _id));
  }

  async #add(document: BatchDocument, hosts: ReadonlySet<number>): Promise<void> {
    const { _id, process, number, day } = document;
    const taken = document.entries.filter(({ host }) => hosts.has(host));
    const sums = summed(taken.flatMap(({ blocked }) => blocked));
    for (let start = 0; start < sums.length; start += SOME)
      await this.#addSome(sums.slice(start, start + SOME), { day, process, number });
    await this.#batches.deleteOne({ _id });
  }

  async #addSome(
    sums: readonly Counted[],
    { day, process, number }: Pick<BatchDocument, 'day' | 'process' | 'number'>,
  ): Promise<void> {
    const added = sums.map(({ kind, name, count }): CountDocument => {
      return { _id: countKey(day, kind, name), day, kind, name, count, applied: { [process]: number } };
    });
    const ids = added.map(({ _id }) => _id);
    const found = await this.#counts.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
    const there = new Set(found.map(({ _id }) => _id));
    const fresh = added.filter(({ _id }) => !there.has(_id));
    await insertUntaken(this.#counts, fresh, DURABLE);
    // All of them: one that was made at the same moment was made by somebody else, and what has the batch stays as it is.
    await changeEach(this.#counts, added.map(adding), DURABLE);
  }
}

/** Adds to a count that is there and has not got this yet. */
function adding({ _id: id, count, applied }: CountDocument): OwnChange<string> {
  const has = Object.entries(applied).map(([process, number]) => ({ $gte: [`$applied.${process}`, number] }));
  const sum = {
    count: { $add: ['$count', count] },
    applied: { $mergeObjects: ['$applied', { $literal: applied }] },
  };
  return { id, when: { $not: [{ $or: has }] }, to: { $mergeObjects: ['$$ROOT', sum] } };
}
