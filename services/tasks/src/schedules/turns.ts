// The turns of all schedules in the database, which all replicas share.

import { randomUUID } from 'node:crypto';
import { type Database, DURABLE, MAJORITY, unlessTaken } from '@egg/store';
import {
  type DecisionCollection,
  type DecisionDocument,
  decisionId,
  decisionsIn,
  type EndState,
  OPEN_STATES,
  type TimesCollection,
  type TimesDocument,
  timesIn,
} from './documents.ts';
import { afterTurn } from './turn.ts';

const EPOCH = new Date(0);
const SWEEP = 500;

export class Turns {
  readonly #times: TimesCollection;
  readonly #decisions: DecisionCollection;

  private constructor(database: Pick<Database, 'collection'>) {
    this.#times = timesIn(database);
    this.#decisions = decisionsIn(database);
  }

  /** Makes the indexes. */
  static async open(database: Pick<Database, 'collection'>): Promise<Turns> {
    const turns = new Turns(database);
    await turns.#times.createIndex({ next_run_at: 1 });
    await turns.#times.createIndex({ gone_at: 1 }, { sparse: true });
    await turns.#decisions.createIndex({ schedule: 1, turn: 1 });
    await turns.#decisions.createIndex({ look_at: 1 }, { sparse: true });
    await turns.#decisions.createIndex({ decided_at: 1 });
    return turns;
  }

  async read(schedule: number): Promise<TimesDocument | undefined> {
    return (await this.#times.findOne({ _id: schedule }, MAJORITY)) ?? undefined;
  }

  async decision(schedule: number, turn: number): Promise<DecisionDocument | undefined> {
    return (await this.#decisions.findOne({ _id: decisionId(schedule, turn) }, MAJORITY)) ?? undefined;
  }

  /** Those whose time has come, at most `limit`, the longest due first. */
  async due(now: Date, limit: number): Promise<TimesDocument[]> {
    const due = { next_run_at: { $gt: EPOCH, $lte: now } };
    return this.#times.find(due).sort({ next_run_at: 1 }).limit(limit).toArray();
  }

  /** Firings that somebody has to look at, at most `limit`. */
  async open(now: Date, limit: number): Promise<DecisionDocument[]> {
    const open = { look_at: { $gt: EPOCH, $lte: now } };
    return this.#decisions.find(open).sort({ look_at: 1 }).limit(limit).toArray();
  }

  /** The decisions of the turns in `(after, to]`. */
  async between(schedule: number, after: number, to: number): Promise<DecisionDocument[]> {
    const window = { schedule, turn: { $gt: after, $lte: to } };
    return this.#decisions.find(window, MAJORITY).sort({ turn: 1 }).toArray();
  }

  /** Begins a schedule. False where it is begun already. */
  async begin(times: TimesDocument): Promise<boolean> {
    return unlessTaken(this.#times.insertOne(times, DURABLE));
  }

  /** Decides a turn, unless somebody has. Answers with what holds; undefined as long as what another has decided may be lost again. */
  async decide(decision: DecisionDocument): Promise<DecisionDocument | undefined> {
    if (await unlessTaken(this.#decisions.insertOne(decision, DURABLE))) return decision;
    return this.decision(decision.schedule, decision.turn);
  }

  /** Brings a schedule behind a turn that was decided. A turn of another plan is its follower's alone: see follow.ts. */
  async advance(times: TimesDocument, decision: DecisionDocument): Promise<void> {
    if (decision.revision === undefined) await this.move(times, afterTurn(times, decision));
  }

  /** Changes a schedule, if it is still before the turn that `times` is before. */
  async move(times: TimesDocument, fields: Partial<TimesDocument>): Promise<void> {
    await this.#times.updateOne({ _id: times._id, turn: times.turn }, { $set: fields }, DURABLE);
  }

  /** Copies a newer record that is due at the same times. */
  async copy(schedule: number, { revision, plan }: Pick<TimesDocument, 'revision' | 'plan'>): Promise<void> {
    const older = { _id: schedule, revision: { $lt: revision } };
    await this.#times.updateOne(older, { $set: { revision, plan } }, DURABLE);
  }

  /** Takes the firing of a schedule for `leaseMs`. Answers with who holds it now; undefined where somebody else does. */
  async claim(schedule: number, leaseMs: number): Promise<string | undefined> {
    const now = Date.now();
    const [claim, free] = [randomUUID(), { _id: schedule, claim_until: { $lte: new Date(now) } }];
    const until = { claim, claim_until: new Date(now + leaseMs) };
    const { matchedCount } = await this.#times.updateOne(free, { $set: until }, DURABLE);
    return matchedCount === 1 ? claim : undefined;
  }

  /** Holds a claim for longer; false where it was lost. */
  async hold(schedule: number, claim: string, leaseMs: number): Promise<boolean> {
    const until = { claim_until: new Date(Date.now() + leaseMs) };
    const { matchedCount } = await this.#times.updateOne({ _id: schedule, claim }, { $set: until });
    return matchedCount === 1;
  }

  async release(schedule: number, claim: string): Promise<void> {
    await this.#times.updateOne({ _id: schedule, claim }, { $set: { claim_until: EPOCH } });
  }

  /** Says that a run may go on from here. Harmless to repeat. */
  async opened(schedule: number, run: number): Promise<void> {
    await this.#times.updateOne({ _id: schedule }, { $addToSet: { open_runs: run } }, DURABLE);
  }

  /** Says that runs are over. */
  async closed(schedule: number, runs: readonly number[]): Promise<void> {
    await this.#times.updateOne({ _id: schedule }, { $pull: { open_runs: { $in: [...runs] } } }, DURABLE);
  }

  /** Says that a firing waits until the runs before it are over, and when to look again. */
  async wait({ _id, schedule, turn }: DecisionDocument, lookAt: Date): Promise<void> {
    await this.#times.updateOne({ _id: schedule }, { $set: { waiting_turn: turn } }, DURABLE);
    const waiting = { state: 'waiting' as const, look_at: lookAt };
    await this.#decisions.updateOne(
      { _id, state: { $in: ['pending', 'waiting'] } },
      { $set: waiting },
      DURABLE,
    );
  }

  /** Says that a run is about to be started. False where the end of the firing is known already. */
  async starting({ _id }: DecisionDocument): Promise<boolean> {
    const open = { _id, state: { $in: [...OPEN_STATES] } };
    const { matchedCount } = await this.#decisions.updateOne(open, { $set: { state: 'starting' } }, DURABLE);
    return matchedCount === 1;
  }

  /** Has a firing looked at again later. */
  async later({ _id }: DecisionDocument, lookAt: Date): Promise<void> {
    const open = { _id, state: { $in: [...OPEN_STATES] } };
    await this.#decisions.updateOne(open, { $set: { look_at: lookAt } }, DURABLE);
  }

  /** Says what became of a firing, unless that is known. */
  async end(
    { _id }: Pick<DecisionDocument, '_id'>,
    end: { readonly state: EndState; readonly run_id?: number; readonly reason?: string },
  ): Promise<boolean> {
    const open = { _id, state: { $in: [...OPEN_STATES] } };
    const update = { $set: end, $unset: { look_at: '' as const } };
    const { matchedCount } = await this.#decisions.updateOne(open, update, DURABLE);
    return matchedCount === 1;
  }

  /** Forgets what was decided before a time, and schedules that were deleted before it. */
  async sweep(before: Date): Promise<void> {
    const old = { decided_at: { $gt: EPOCH, $lt: before } };
    for (;;) {
      const found = await this.#decisions.find(old).limit(SWEEP).toArray();
      if (found.length === 0) break;
      const last = new Map<number, number>();
      for (const { schedule, turn } of found) last.set(schedule, Math.max(turn, last.get(schedule) ?? 0));
      await this.#decisions.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
      for (const [schedule, turn] of last) {
        await this.#times.updateOne({ _id: schedule }, { $max: { first_turn: turn + 1 } });
      }
    }
    await this.#times.deleteMany({ gone_at: { $gt: EPOCH, $lt: before } });
  }
}
