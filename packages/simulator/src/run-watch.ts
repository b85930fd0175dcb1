// Looks at the runs that hosts are given work of, and that are waited for, as an operator would.

import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from './api.ts';
import {
  checkCounts,
  checkExecution,
  checkRun,
  type ExecutionRecord,
  isLive,
  type RunRecord,
} from './run-checks.ts';
import type { SeenRun } from './summary.ts';
import type { Tally } from './tally.ts';
import type { Known } from './work.ts';

export interface RunWatchParts {
  readonly api: Api;
  readonly token: string | undefined;
  readonly tally: Tally;
}

const PAGE = 1000;
/** Executions follow the counts within a second. */
const BEHIND_MS = 1100;

export class RunWatch {
  readonly #parts: RunWatchParts;
  /** The highest attempt that a host was given, by run. */
  readonly #attempts = new Map<number, number>();
  readonly #runs = new Map<number, RunRecord>();

  constructor(parts: RunWatchParts) {
    this.#parts = parts;
  }

  /** Looks at a run from now on; a host was given this attempt of it, if any. */
  see(run: number, attempt = 0): void {
    this.#attempts.set(run, Math.max(attempt, this.#attempts.get(run) ?? 0));
  }

  /** Whether there is such a run, as far as the server answers. */
  async isThere(run: number): Promise<boolean> {
    const { api, token } = this.#parts;
    return (await api.send(`/run/list?id=${run}`, { token })).code !== 'NOT_FOUND';
  }

  hasEnded(run: number): boolean {
    const known = this.#runs.get(run);
    return known !== undefined && !isLive(known);
  }

  /** As they were when they were looked at last. */
  seen(): SeenRun[] {
    return [...this.#runs.values()].map(({ id, state, wave, counts = {} }) => ({ id, state, wave, counts }));
  }

  /** Looks at those that have not ended. */
  async look(): Promise<void> {
    for (const run of this.#attempts.keys()) if (!this.hasEnded(run)) await this.#lookAt(run);
  }

  /** Holds all of them against what the hosts know. */
  async audit(workOf: (hostId: number) => readonly Known[]): Promise<void> {
    for (const run of this.#attempts.keys()) await this.#auditOne(run, workOf);
  }

  async #lookAt(run: number): Promise<RunRecord | undefined> {
    const { api, token, tally } = this.#parts;
    const answer = await api.send<RunRecord[]>(`/run/list?id=${run}`, { token });
    const found = answer.data?.[0];
    if (!found) {
      tally.error(`run/list ${answer.code}`);
      return undefined;
    }
    const wrong = checkRun(this.#runs.get(run), found, this.#attempts.get(run) ?? 0);
    for (const what of wrong) tally.violation('run', what);
    this.#runs.set(run, found);
    return found;
  }

  async #auditOne(run: number, workOf: (hostId: number) => readonly Known[]): Promise<void> {
    const { tally } = this.#parts;
    const record = await this.#lookAt(run);
    let executions = await this.#executionsOf(run);
    if (!record || !executions) return;
    if (!isLive(record) && checkCounts(record, executions).length > 0) {
      await delay(BEHIND_MS);
      executions = (await this.#executionsOf(run)) ?? executions;
      for (const what of checkCounts(record, executions)) tally.violation('run', what);
    }
    const hosts = new Set<number>();
    for (const execution of executions) {
      const { id, host_id: host } = execution;
      if (hosts.has(host)) tally.violation('execution', `${id} is there twice`);
      hosts.add(host);
      const known = workOf(host).find((one) => one.id === id);
      for (const what of checkExecution(execution, known, record.strategy.max_attempts))
        tally.violation('execution', what);
    }
  }

  async #executionsOf(run: number): Promise<ExecutionRecord[] | undefined> {
    const { api, token, tally } = this.#parts;
    const all: ExecutionRecord[] = [];
    for (let cursor = ''; ;) {
      const path = `/execution/list?run_id=${run}&limit=${PAGE}${cursor}`;
      const answer = await api.send<ExecutionRecord[]>(path, { token });
      if (!answer.data) {
        tally.error(`execution/list ${answer.code}`);
        return undefined;
      }
      all.push(...answer.data);
      if (answer.nextCursor === undefined) return all;
      cursor = `&cursor=${encodeURIComponent(answer.nextCursor)}`;
    }
  }
}
