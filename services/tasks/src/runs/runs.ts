// The runs as records: started, paused, resumed, cancelled, taken back, each by one commit. What is kept beside them follows before
// the caller is answered.

import type { Run } from '@egg/contract/types/tasks';
import type { CallContext } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import { type Fields, type Origin, originOf, type Table, type Writes } from '@egg/store';
import { copiesOf, type Read } from './copies.ts';
import { type End, ended, fieldsOf, isLive, live, startedBy } from './run-records.ts';

export interface RunsParts {
  readonly table: Table<Run>;
  readonly writes: Writes<Run>;
  readonly read: Read;
  readonly contextOf: (origin: Origin, deadline: number) => CallContext;
  readonly now: () => Date;
  /** Brings what is kept beside a run up to its record. */
  readonly sync: (run: Run) => Promise<void>;
  /** Something is to be done for runs. */
  readonly wake: () => void;
}

export interface StartRun {
  readonly taskId: number;
  readonly strategyId: number;
  readonly scheduleId?: number | undefined;
  /** The same `idempotency` again gives the same run. */
  readonly origin: Origin;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

type Change = (run: Run) => Fields<Run>;

export class Runs {
  readonly #parts: RunsParts;

  constructor(parts: RunsParts) {
    this.#parts = parts;
  }

  /**
   * Starts a run. Throws INVALID_ARGUMENT where the task or the strategy is not there, FAILED_PRECONDITION where the task's version is
   * not published, UNAVAILABLE.
   */
  async start({ taskId, strategyId, scheduleId, origin, deadline }: StartRun): Promise<Run> {
    const repeated = await this.startedBefore(origin, deadline);
    if (repeated) return repeated;
    const { task, strategy, uses } = await copiesOf(this.#parts.read, taskId, strategyId);
    const schedule = scheduleId === undefined ? {} : { schedule_id: scheduleId };
    return this.add(
      {
        task_id: taskId,
        strategy_id: strategyId,
        task,
        strategy,
        ...schedule,
        uses: { ...uses, ...schedule },
      },
      origin,
      deadline,
    );
  }

  /** Adds a run that begins now. */
  async add(
    fields: Omit<Fields<Run>, 'state' | 'wave' | 'wave_opened_at' | 'started_at'>,
    origin: Origin,
    deadline: number,
  ): Promise<Run> {
    const { writes, contextOf, sync, wake } = this.#parts;
    const now = this.#parts.now();
    const begun = { state: 'running' as const, wave: 0, wave_opened_at: now, started_at: now };
    const context = contextOf(origin, deadline);
    const commit = await writes.add({ ...fields, ...begun }, context, { verb: 'started', origin });
    if (!commit) throw new Error('a start made no commit');
    const run = startedBy(commit);
    // Any replica does it where this one cannot.
    await sync(run).catch(() => undefined);
    wake();
    return run;
  }

  /** Hands out nothing until it is resumed. Throws NOT_FOUND, FAILED_PRECONDITION. */
  pause(id: number, context: CallContext): Promise<Run> {
    return this.#update(id, context, 'paused', (run) => ({ ...fieldsOf(live(run)), state: 'paused' }));
  }

  /** Goes on. Throws NOT_FOUND, FAILED_PRECONDITION. */
  resume(id: number, context: CallContext): Promise<Run> {
    return this.#update(id, context, 'resumed', (run) => ({ ...fieldsOf(live(run)), state: 'running' }));
  }

  /** Ends it. Throws NOT_FOUND, FAILED_PRECONDITION. */
  cancel(id: number, context: CallContext): Promise<Run> {
    const end = { state: 'cancelled', reason: `cancelled by ${context.caller.name}` } as const;
    return this.#update(id, context, 'ended', (run) => ended(live(run), end, this.#parts.now()));
  }

  /** Ends a run if it has not ended; answers with it as it then is. Throws NOT_FOUND, UNAVAILABLE. */
  end(id: number, end: End, origin: Origin, deadline: number): Promise<Run> {
    const change: Change = (run) => (isLive(run) ? ended(run, end, this.#parts.now()) : fieldsOf(run));
    return this.#update(id, this.#parts.contextOf(origin, deadline), 'ended', change);
  }

  /** Opens a wave of a run that is running and in the wave before. */
  openWave(id: number, from: number, to: number, origin: Origin, deadline: number): Promise<Run> {
    const change: Change = (run) =>
      run.state === 'running' && run.wave === from
        ? { ...fieldsOf(run), wave: to, wave_opened_at: this.#parts.now() }
        : fieldsOf(run);
    return this.#update(id, this.#parts.contextOf(origin, deadline), 'wave_opened', change);
  }

  /** The run as the log has it now; undefined if there never was one. */
  async find(id: number, deadline?: number): Promise<Run | undefined> {
    const { table } = this.#parts;
    await table.follow(deadline);
    return table.current(id);
  }

  /** The run as the log has it now. Throws NOT_FOUND, UNAVAILABLE. */
  async existing(id: number, deadline: number): Promise<Run> {
    const run = await this.find(id, deadline);
    if (run) return run;
    throw new RpcError('NOT_FOUND', `there is no run with id ${id}`, {
      violations: [{ field: 'id', reason: 'is not there' }],
    });
  }

  /** The run that the same request has started before. Throws ALREADY_EXISTS for a key of another request. */
  async startedBefore(origin: Origin, deadline: number): Promise<Run | undefined> {
    const commit = await this.#parts.table.repeated(origin, deadline);
    return commit && startedBy(commit);
  }

  /** Whether a run has ended; so has one that is not there. Throws UNAVAILABLE. */
  async isOver(id: number, deadline?: number): Promise<boolean> {
    const run = await this.find(id, deadline);
    return !run || !isLive(run);
  }

  async #update(id: number, context: CallContext, verb: string, change: Change): Promise<Run> {
    const { writes, sync, wake } = this.#parts;
    const { record } = await writes.update(id, change, context, { verb });
    // Before the caller is answered: nobody hands out after a pause or an end was answered.
    await sync(record).catch((cause: unknown) => {
      throw new RpcError('UNAVAILABLE', 'the change is made, but may not be followed yet', { cause });
    });
    wake();
    return record;
  }
}

/** What the rest of the service starts and ends runs with. */
export interface RunStarter {
  /** Starts a run; the same `origin.idempotency` again gives the same run. */
  startRun(start: StartRun): Promise<Run>;
  /** Ends a run as cancelled if it has not ended; answers with it as it then is. Throws NOT_FOUND. */
  cancelRun(id: number, cancel: CancelRun): Promise<Run>;
  /** Whether a run has ended; so has one that is not there. */
  isOver(id: number): Promise<boolean>;
}

interface CancelRun {
  readonly reason: string;
  readonly origin: Origin;
  readonly deadline: number;
}

export function runStarter(runs: Runs): RunStarter {
  return {
    startRun: (start) => runs.start(start),
    cancelRun: (id, { reason, origin, deadline }) =>
      runs.end(id, { state: 'cancelled', reason }, origin, deadline),
    isOver: (id) => runs.isOver(id),
  };
}

/** Who starts a run by a call. */
export function startOf(
  { task_id, strategy_id }: { readonly task_id: number; readonly strategy_id: number },
  context: CallContext,
): StartRun {
  return { taskId: task_id, strategyId: strategy_id, origin: originOf(context), deadline: context.deadline };
}
