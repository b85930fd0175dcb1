// A simulation: a fleet of eggs over the real protocol in one process, that looks at the same time whether the server keeps its word.

import { setTimeout as delay } from 'node:timers/promises';
import { Agents } from './agents.ts';
import { Api } from './api.ts';
import { Enrolment } from './enrolment.ts';
import { Fleet } from './fleet.ts';
import { type Settings, type SimulateOptions, withDefaults } from './options.ts';
import { RunWatch } from './run-watch.ts';
import { StateFile } from './state-file.ts';
import type { Summary } from './summary.ts';
import { Tally } from './tally.ts';

export { PLATFORMS } from './fleet.ts';
export type { SimulateOptions } from './options.ts';
export type { Summary } from './summary.ts';

/** How many hosts that are known already begin in a second. */
const BEGIN_PER_SECOND = 1000;
const WATCH_MS = 1000;

/**
 * Simulates hosts until `seconds` have passed since all are enrolled, the run `untilRun` has ended, or the signal says so, and answers
 * with what came of it. Throws RangeError where an option makes no sense, and Error where hosts cannot be enrolled.
 */
export async function simulate(options: SimulateOptions): Promise<Summary> {
  const settings = withDefaults(options);
  const simulation = new Simulation(settings);
  try {
    return await simulation.run();
  } finally {
    await simulation.close();
  }
}

class Simulation {
  readonly #settings: Settings;
  readonly #api: Api;
  readonly #fleet: Fleet;
  readonly #tally: Tally;
  readonly #watch: RunWatch;
  readonly #agents: Agents;
  readonly #enrolment: Enrolment;
  readonly #state: StateFile | undefined;
  /** That it is over, for whatever reason. */
  readonly #over = new AbortController();
  readonly #again = new Set<Promise<void>>();
  #failure: Error | undefined;

  constructor(settings: Settings) {
    const { server, token, hosts, prefix, connections, stateFile, untilRun } = settings;
    this.#settings = settings;
    // More than the hosts use, so that nobody who looks has to wait for them.
    this.#api = new Api(server, connections + 2);
    this.#fleet = new Fleet(settings);
    this.#tally = new Tally(hosts, settings.onViolation);
    const [api, fleet, tally] = [this.#api, this.#fleet, this.#tally];
    this.#watch = new RunWatch({ api, token, tally });
    if (untilRun !== undefined) this.#watch.see(untilRun);
    this.#agents = new Agents({
      api,
      fleet,
      tally,
      options: settings,
      onRun: (run, attempt) => this.#watch.see(run, attempt),
      onUnknown: (host) => this.#enrolAgain(host),
    });
    this.#enrolment = new Enrolment({ api, fleet, tally, token, prefix, signal: this.#over.signal });
    this.#state = stateFile === undefined ? undefined : new StateFile(stateFile, { server, prefix });
  }

  async run(): Promise<Summary> {
    const { signal, seconds, untilRun, onEnrolled } = this.#settings;
    if (untilRun !== undefined && !(await this.#watch.isThere(untilRun)))
      throw new RangeError(`there is no run ${untilRun} to wait for`);
    const stop = (): void => this.#over.abort();
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    let beside: Promise<unknown> = Promise.resolve();
    try {
      await this.#state?.load(this.#fleet, this.#agents);
      beside = Promise.all([this.#watchRuns(), this.#tellProgress()]);
      await this.#begin();
      if (!this.#over.signal.aborted) {
        this.#tally.startedMs = performance.now();
        onEnrolled?.(this.#tally.summary(this.#watch.seen()));
        await this.#wait(seconds === undefined ? undefined : seconds * 1000);
      }
    } finally {
      stop();
      signal?.removeEventListener('abort', stop);
      await beside;
    }
    await Promise.allSettled(this.#again);
    await this.#agents.stop();
    await this.#state?.save(this.#fleet, this.#agents);
    if (this.#failure) throw this.#failure;
    return this.#audited();
  }

  async close(): Promise<void> {
    await this.#agents.stop();
    await this.#enrolment.end();
    await this.#api.close();
  }

  /** Lets those begin that are known, and enrols the others. */
  async #begin(): Promise<void> {
    const left: number[] = [];
    const { tokens, size } = this.#fleet;
    for (let host = 0; host < size; host++) {
      if (tokens[host] === undefined) left.push(host);
      else this.#ready(host, (host * 1000) / BEGIN_PER_SECOND / this.#settings.speed);
    }
    const queue = left.values();
    const lane = async (): Promise<void> => {
      for (const host of queue) {
        if (this.#over.signal.aborted) return;
        await this.#enrol(host);
      }
    };
    const lanes = Math.max(1, Math.floor(this.#settings.connections / 2));
    await Promise.all(Array.from({ length: lanes }, lane)).catch((error: unknown) => {
      if (!this.#over.signal.aborted) throw error;
    });
  }

  async #enrol(host: number): Promise<void> {
    const { id, token } = await this.#enrolment.enrol(host);
    this.#fleet.ids[host] = id;
    this.#fleet.tokens[host] = token;
    await this.#state?.add({ host, id, token });
    this.#tally.hosts.enrolled++;
    this.#ready(host, 0);
  }

  #ready(host: number, waitMs: number): void {
    this.#tally.hosts.ready++;
    if (this.#fleet.isOffline(host)) this.#tally.hosts.offline++;
    else this.#agents.start(host, waitMs);
  }

  #enrolAgain(host: number): void {
    if (this.#over.signal.aborted) return;
    this.#tally.hosts.ready--;
    const again: Promise<void> = this.#enrol(host)
      .catch((error: unknown) => this.#fail(error as Error))
      .finally(() => this.#again.delete(again));
    this.#again.add(again);
  }

  #fail(error: Error): void {
    if (this.#over.signal.aborted) return;
    this.#failure = error;
    this.#over.abort();
  }

  /** Looks at the runs until it is over, and ends it when the run that it waits for has ended. */
  async #watchRuns(): Promise<void> {
    const { untilRun } = this.#settings;
    while (await this.#wait(WATCH_MS)) {
      await this.#watch.look();
      if (untilRun !== undefined && this.#watch.hasEnded(untilRun)) this.#over.abort();
    }
  }

  async #tellProgress(): Promise<void> {
    const { onProgress, progressMs } = this.#settings;
    if (!onProgress) return;
    while (await this.#wait(progressMs)) onProgress(this.#tally.progress(this.#watch.seen()));
  }

  async #audited(): Promise<Summary> {
    const hosts = new Map<number, number>();
    for (const [host, id] of this.#fleet.ids.entries()) hosts.set(id, host);
    const seconds = this.#tally.summary([]).seconds;
    await this.#watch.audit((id) => this.#agents.workOf(hosts.get(id) ?? -1));
    return { ...this.#tally.summary(this.#watch.seen()), seconds };
  }

  /** Says whether it still goes on after that time. */
  async #wait(ms: number | undefined): Promise<boolean> {
    const { signal } = this.#over;
    if (ms !== undefined) await delay(ms, undefined, { signal }).catch(() => undefined);
    else if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return !signal.aborted;
  }
}
