// What is due, decided and fired by this process. Every replica does the same over the same documents; none has a timer for a schedule.

import { setTimeout as delay } from 'node:timers/promises';
import type { DecisionDocument, TimesDocument } from './documents.ts';
import { fire, type FiringParts } from './fire.ts';
import { dueTurn } from './turn.ts';

/** How often to look for what is due. */
const LOOK_MS = 250;
/** So many are taken at one look; what is left is there at the next, which follows at once. */
const BATCH = 200;
/** So many are decided or fired at a time. */
const AT_ONCE = 16;
/** How long a claim lasts that nobody holds any more, and how often it is held. */
const LEASE_MS = 3000;
const HOLD_MS = 700;
const COMPLAIN_EVERY_MS = 30_000;
const SWEEP_EVERY_MS = 60 * 60_000;
/** How long the history has what was decided. */
const KEEP_MS = 90 * 24 * 60 * 60_000;

export class Engine {
  readonly #parts: FiringParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #complainedMs = -Infinity;
  #sweptMs = 0;

  constructor(parts: FiringParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** What is under way is ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let isMore = false;
      try {
        isMore = await this.look();
        await this.#sweep();
      } catch (error) {
        this.#complain(error);
      }
      if (!isMore) await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Decides and fires what is due now. Answers with whether there may be more that this replica can do. */
  async look(): Promise<boolean> {
    const { turns } = this.#parts;
    const due = await turns.due(new Date(), BATCH);
    const decided = await this.#each(due, (times) => this.#decide(times));
    const open = await turns.open(new Date(), BATCH);
    const schedules = [...new Set(open.map(({ schedule }) => schedule))];
    const fired = await this.#each(schedules, (schedule) =>
      this.#fireOf(
        schedule,
        open.filter((decision) => decision.schedule === schedule),
      ),
    );
    return (due.length === BATCH && decided) || (open.length === BATCH && fired);
  }

  async #decide(times: TimesDocument): Promise<boolean> {
    const { turns } = this.#parts;
    const decision = dueTurn(times, new Date());
    const decided = decision && (await turns.decide(decision));
    if (decided) await turns.advance(times, decided);
    return decided !== undefined;
  }

  /** In order of turns, so that what waits comes before what has come since. */
  async #fireOf(schedule: number, decisions: readonly DecisionDocument[]): Promise<boolean> {
    const { turns } = this.#parts;
    const times = await turns.read(schedule);
    const claim = times && (await turns.claim(schedule, LEASE_MS));
    if (times && claim === undefined) return false;
    let isHeld = true;
    const holding = setInterval(() => {
      if (claim === undefined) return;
      turns.hold(schedule, claim, LEASE_MS).then(
        (held) => (isHeld = held),
        () => undefined,
      );
    }, HOLD_MS);
    try {
      for (const { turn } of decisions.toSorted((a, b) => a.turn - b.turn)) {
        if (this.#stopping.signal.aborted || !isHeld) break;
        const [now, decision] = [await turns.read(schedule), await turns.decision(schedule, turn)];
        if (decision?.look_at) await fire(this.#parts, decision, now);
      }
    } finally {
      clearInterval(holding);
      if (claim !== undefined) await turns.release(schedule, claim);
    }
    return true;
  }

  /** One that fails leaves the others as they are. Answers with whether anything was done. */
  async #each<T>(items: readonly T[], work: (item: T) => Promise<boolean>): Promise<boolean> {
    const waiting = items.values();
    let isDone = false;
    const worker = async (): Promise<void> => {
      for (const item of waiting) {
        try {
          if (await work(item)) isDone = true;
        } catch (error) {
          this.#complain(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
    return isDone;
  }

  #complain(error: unknown): void {
    if (this.#stopping.signal.aborted || performance.now() - this.#complainedMs < COMPLAIN_EVERY_MS) return;
    this.#complainedMs = performance.now();
    this.#parts.log.warn({ err: error }, 'schedules cannot be looked at, trying again');
  }

  async #sweep(): Promise<void> {
    if (Date.now() - this.#sweptMs < SWEEP_EVERY_MS) return;
    this.#sweptMs = Date.now();
    await this.#parts.turns.sweep(new Date(Date.now() - KEEP_MS));
  }
}
