// One log read in order of time, up or down, as one of those that the audit merges.

import { MAJORITY } from './concerns.ts';
import type { Collection, Filter } from './driver.ts';
import { type CommitDocument, commitAt, type LogCollection } from './log.ts';

/** Commits that are read at once. */
const WINDOW = 200;
/** Where the database passes over what is not asked for. */
const FILTERED_WINDOW = 5000;

export interface AuditFilter {
  readonly actor?: string;
  /** Changes of this record alone. Says nothing without one table. */
  readonly recordId?: number;
  /** From this moment on. */
  readonly since?: Date;
  /** Before this moment. */
  readonly until?: Date;
}

/** Where a log was read to without finding anything. */
export interface Passed {
  readonly _id: number;
  readonly at: Date;
  readonly isPassed: true;
}

/** One log, read in windows of revisions, up or down. */
export class LogWalk {
  readonly table: string;
  readonly #log: LogCollection;
  readonly #filter: AuditFilter;
  readonly #sign: 1 | -1;
  /** Revisions that are left: `(low, high)`. */
  #low: number;
  #high: number;
  #read: (CommitDocument | Passed)[] = [];
  #passed = 0;

  private constructor(
    table: string,
    log: LogCollection,
    filter: AuditFilter,
    ends: [number, number],
    sign: 1 | -1,
  ) {
    this.table = table;
    this.#log = log;
    this.#filter = filter;
    [this.#low, this.#high] = ends;
    this.#sign = sign;
  }

  static async open(
    database: { collection<T extends object>(name: string): Collection<T> },
    table: string,
    filter: AuditFilter,
    direction: 'up' | 'down',
    below?: number,
  ): Promise<LogWalk> {
    const log = database.collection<CommitDocument>(`${table}_log`);
    const low = filter.since ? (await commitAt(log, filter.since)) - 1 : 0;
    const high = below ?? (filter.until ? await commitAt(log, filter.until) : (await headOf(log)) + 1);
    return new LogWalk(table, log, filter, [low, high], direction === 'up' ? 1 : -1);
  }

  get done(): boolean {
    return this.#read.length === 0;
  }

  /** The next commit. */
  get head(): CommitDocument | Passed {
    const [head] = this.#read;
    if (!head) throw new Error('the log has no more');
    return head;
  }

  /** The revision above which everything was told, walking down. */
  get below(): number {
    const [head] = this.#read;
    return head && !('isPassed' in head) ? head._id + 1 : this.#high;
  }

  /** How many commits were looked at since this was last asked. */
  get passed(): number {
    const passed = this.#passed;
    this.#passed = 0;
    return passed;
  }

  isBefore(other: LogWalk): boolean {
    return (this.head.at.getTime() - other.head.at.getTime()) * this.#sign < 0;
  }

  next(): void {
    this.#read.shift();
  }

  /** Reads on where nothing was read ahead: one window, so that a filter that passes over much does not hold up the page. */
  async fill(): Promise<void> {
    if (this.#read.length > 0 || this.#high - this.#low <= 1) return;
    const { actor, recordId } = this.#filter;
    const step =
      recordId === undefined ? (actor === undefined ? WINDOW : FILTERED_WINDOW) : Number.MAX_SAFE_INTEGER;
    const [low, high] =
      this.#sign > 0
        ? [this.#low, Math.min(this.#high, this.#low + step + 1)]
        : [Math.max(this.#low, this.#high - step - 1), this.#high];
    const found = await this.#window(low, high);
    const last = found.length === WINDOW ? found.at(-1)?._id : undefined;
    this.#passed += last === undefined ? Math.min(high - low, FILTERED_WINDOW) : found.length;
    if (this.#sign > 0) this.#low = last ?? high - 1;
    else this.#high = last ?? low + 1;
    this.#read = found;
    if (found.length === 0 && this.#high - this.#low > 1) this.#read = await this.#mark();
  }

  /** Stands for what was passed over, at its time: what other logs have that is further on may not be told before this one is read on. */
  async #mark(): Promise<Passed[]> {
    const boundary = this.#sign > 0 ? this.#low : this.#high;
    const at = await this.#log.findOne({ _id: boundary }, { ...MAJORITY, projection: { at: 1 } });
    if (!at) throw new Error(`the log of ${this.table} has no revision ${boundary}`);
    return [{ _id: boundary, at: at.at, isPassed: true }];
  }

  #window(low: number, high: number): Promise<CommitDocument[]> {
    const { actor, recordId } = this.#filter;
    const range = {
      _id: { $gt: low, $lt: high },
      ...(actor !== undefined && { actor }),
      ...(recordId !== undefined && { 'changes.id': recordId }),
    } as Filter<CommitDocument>;
    return this.#log.find(range, MAJORITY).sort({ _id: this.#sign }).limit(WINDOW).toArray();
  }
}

async function headOf(log: LogCollection): Promise<number> {
  const [head] = await log
    .find({}, { ...MAJORITY, projection: { _id: 1 } })
    .sort({ _id: -1 })
    .limit(1)
    .toArray();
  return head?._id ?? 0;
}
