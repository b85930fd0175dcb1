// The hosts at work: each checks in when it is due, with what it has to tell, and again until that is answered.

import { type Answer, type Api, NO_ANSWER } from './api.ts';
import { Counters, type CountersAnswer } from './counters.ts';
import { DueHeap } from './due-heap.ts';
import type { Fleet } from './fleet.ts';
import type { Tally } from './tally.ts';
import {
  answered,
  endDue,
  type Execution,
  type Known,
  type Report,
  reportsOf,
  take,
  tellsAt,
} from './work.ts';

interface AgentsOptions {
  readonly failurePercent: number;
  readonly crashPercent: number;
  readonly workSeconds: number;
  readonly speed: number;
  readonly slowReports: boolean;
  readonly connections: number;
}

export interface AgentsParts {
  readonly api: Api;
  readonly fleet: Fleet;
  readonly tally: Tally;
  readonly options: AgentsOptions;
  /** A host was given work of a run. */
  readonly onRun: (run: number, attempt: number) => void;
  /** The server does not know a host's token any more. */
  readonly onUnknown: (host: number) => void;
}

interface CheckInAnswer extends CountersAnswer {
  readonly executions: readonly Execution[];
  readonly next_check_in_seconds: number;
}

/** A check-in that has to be answered before the next one: as it was, under its key. */
interface Sent {
  readonly key: string;
  readonly body: string;
  readonly reports: readonly Report[];
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** These are no answer: the same is asked again. What else is no good answer is wrong, since all that is asked is right. */
const AWAY = new Set([
  NO_ANSWER,
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'CANCELLED',
  'ABORTED',
]);

export class Agents {
  readonly #parts: AgentsParts;
  readonly #due: DueHeap;
  readonly #counters: Counters;
  /** Only of hosts that were given any. */
  readonly #work = new Map<number, Known[]>();
  readonly #unanswered = new Map<number, Sent>();
  readonly #underWay = new Set<Promise<void>>();
  /** Names the keys of this simulation. */
  readonly #name = crypto.randomUUID();
  readonly #workOptions;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: AgentsParts) {
    const { fleet, options } = parts;
    this.#parts = parts;
    this.#due = new DueHeap(fleet.size);
    this.#counters = new Counters(fleet.size);
    this.#workOptions = { ...options, workMs: (options.workSeconds * 1000) / options.speed };
  }

  /** Lets a host check in, from `waitMs` from now on. */
  start(host: number, waitMs = 0): void {
    this.#due.set(host, performance.now() + waitMs);
    this.#wake();
  }

  /** No host checks in any more; resolves when those under way are over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#underWay);
  }

  workOf(host: number): readonly Known[] {
    return this.#work.get(host) ?? [];
  }

  /** What the host knew when it ended last. */
  setWork(host: number, work: readonly Known[]): void {
    if (work.length > 0) this.#work.set(host, [...work]);
  }

  #wake(): void {
    if (this.#isStopped) return;
    while (this.#underWay.size < this.#parts.options.connections) {
      const dueMs = this.#due.nextMs;
      const host = this.#due.take(performance.now());
      if (host === undefined) break;
      const turn: Promise<void> = this.#checkIn(host, dueMs).finally(() => {
        this.#underWay.delete(turn);
        this.#wake();
      });
      this.#underWay.add(turn);
    }
    clearTimeout(this.#timer);
    if (this.#due.size === 0 || this.#underWay.size >= this.#parts.options.connections) return;
    this.#timer = setTimeout(
      () => this.#wake(),
      Math.max(1, Math.ceil(this.#due.nextMs - performance.now())),
    );
  }

  async #checkIn(host: number, dueMs: number): Promise<void> {
    const { api, fleet, tally } = this.#parts;
    const sent = this.#unanswered.get(host) ?? this.#compose(host);
    this.#unanswered.set(host, sent);
    const sentMs = performance.now();
    const answer = await api.send<CheckInAnswer>('/checkin', { ...sent, token: fleet.tokens[host] });
    const nowMs = performance.now();
    if (answer.code !== 'OK' || !isCheckInAnswer(answer.data)) return this.#refused(host, answer);
    this.#unanswered.delete(host);
    fleet.failures[host] = 0;
    tally.answered(sentMs - dueMs, nowMs - sentMs);
    for (const what of this.#counters.take(host, answer.data, sentMs, nowMs))
      tally.violation('counter', what);
    this.#takeWork(host, answer.data.executions, sent.reports, nowMs);
    const nextMs = nowMs + (answer.data.next_check_in_seconds * 1000) / this.#parts.options.speed;
    this.#due.set(host, Math.min(nextMs, this.#tellsAt(host, nowMs)));
  }

  #compose(host: number): Sent {
    const { fleet, tally } = this.#parts;
    const work = this.workOf(host);
    for (const { state, update } of endDue(work, performance.now(), this.#workOptions)) {
      tally.executions.under_way--;
      if (state !== 'running') tally.executions[state]++;
      if (state === 'succeeded' && update) fleet.install(host, update);
    }
    const reports = reportsOf(work);
    const body = `{"eggs":${fleet.eggsText(host)},"counters":${JSON.stringify(this.#counters.of(host))},"executions":${JSON.stringify(reports)}}`;
    return { key: `${this.#name}-${++this.#sent}`, body, reports };
  }

  #takeWork(host: number, given: readonly Execution[], reports: readonly Report[], nowMs: number): void {
    const { fleet, tally, onRun } = this.#parts;
    const work = this.#work.get(host) ?? [];
    answered(work);
    const hostId = fleet.ids[host] ?? 0;
    for (const execution of given) {
      const taken = take(work, execution, reports, { hostId, nowMs, options: this.#workOptions });
      if (taken.kind === 'wrong') tally.violation('execution', taken.what);
      else if (taken.kind === 'again') tally.executions.given_again++;
      else {
        const { state, run, attempt } = taken.known;
        if (taken.replaced?.state === 'running') tally.executions.under_way--;
        tally.executions.given++;
        tally.executions[state === 'running' ? 'under_way' : state]++;
        onRun(run, attempt);
      }
    }
    if (work.length > 0) this.#work.set(host, work);
  }

  #tellsAt(host: number, nowMs: number): number {
    return this.#parts.options.slowReports ? Infinity : tellsAt(this.workOf(host), nowMs);
  }

  #refused(host: number, { code, msg, httpStatus, retryAfterMs }: Answer<CheckInAnswer>): void {
    const { fleet, tally, onUnknown } = this.#parts;
    const failures = Math.min(255, (fleet.failures[host] ?? 0) + 1);
    fleet.failures[host] = failures;
    tally.error(code === 'OK' ? 'NO_CHECK_IN_ANSWER' : code);
    if (code === 'UNAUTHENTICATED') {
      this.#unanswered.delete(host);
      onUnknown(host);
      return;
    }
    if (!AWAY.has(code)) {
      tally.violation('answer', `HTTP ${httpStatus} ${code} to a check-in: ${msg}`);
      this.#unanswered.delete(host);
    }
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
    this.#due.set(host, performance.now() + retryAfterMs + waitMs * (0.5 + Math.random() / 2));
  }
}

function isCheckInAnswer(data: Partial<CheckInAnswer> | undefined): data is CheckInAnswer {
  const { counters, logs, executions, next_check_in_seconds: next } = data ?? {};
  return (
    typeof counters === 'object' &&
    typeof logs === 'object' &&
    Array.isArray(executions) &&
    typeof next === 'number' &&
    next > 0
  );
}
