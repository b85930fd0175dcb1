// Schedules while replicas of their service are killed: what became of every due time, and of the runs.

import { expect } from 'vitest';
import type { HttpClient } from '@egg/testing';

/** What a history says of due times. */
export interface Decided {
  readonly at: string;
  readonly verb: string;
  readonly due_at: string;
  readonly last_due_at: string;
  readonly count: number;
  readonly run_id?: number;
  readonly reason?: string;
}

interface Started {
  readonly id: number;
  readonly state: string;
}

/** Adds a task and a strategy. Answers with how a schedule of them is added. */
export async function laySchedules(
  http: HttpClient,
): Promise<(fields: object) => Promise<{ id: number; created_at: string }>> {
  const add = async <T extends object>(path: string, body: object): Promise<T & { id: number }> => {
    const { body: answer } = await http.post<T & { id: number }>(`/${path}/add`, body);
    if (answer.status !== 0) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  };
  const egg = await add('egg', { name: 'agent', allow_unsigned: true });
  const task = await add('task', { name: 'check', egg_id: egg.id, action: 'check' });
  const strategy = await add('strategy', { name: 'all', target: {} });
  let names = 0;
  return (fields) => {
    const name = `schedule-${++names}`;
    return add('schedule', { name, task_id: task.id, strategy_id: strategy.id, ...fields });
  };
}

/** What became of all due times of a schedule, in order. */
export async function decidedOf(http: HttpClient, id: number): Promise<Decided[]> {
  const decided: Decided[] = [];
  for (let cursor = ''; ;) {
    const { body } = await http.get<Decided[]>(`/schedule/history?id=${id}${cursor}`);
    if (body.status !== 0) throw new Error(JSON.stringify(body));
    decided.push(...body.data.filter(({ due_at }) => due_at !== undefined));
    if (body.next_cursor === undefined) return decided;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

/** All runs that a schedule fired, in order. */
export async function runsOf(http: HttpClient, id: number): Promise<Started[]> {
  const runs: Started[] = [];
  for (let cursor = ''; ;) {
    const { body } = await http.get<Started[]>(`/run/list?schedule_id=${id}&limit=1000${cursor}`);
    if (body.status !== 0) throw new Error(JSON.stringify(body));
    runs.push(...body.data);
    if (body.next_cursor === undefined) return runs;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

/** Ends a schedule, and waits until all that was due has been decided. */
export async function endSchedule(http: HttpClient, id: number, stepMs: number): Promise<void> {
  const { body } = await http.post<{ updated_at: string }>('/schedule/update', { id, enabled: false });
  expect(body.status, JSON.stringify(body)).toBe(0);
  const until = Date.parse(body.data.updated_at);
  await expect
    .poll(
      async () => {
        const decided = await decidedOf(http, id);
        const times = decided.flatMap(({ due_at, last_due_at }) => [
          Date.parse(due_at),
          Date.parse(last_due_at),
        ]);
        const [first, last] = [Math.min(...times), Math.max(...times)];
        const count = decided.reduce((sum, entry) => sum + entry.count, 0);
        return last > until - stepMs && last - first === (count - 1) * stepMs;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
}

/** Expects that each due time since the first was decided once, `stepMs` apart, and that each that fired made one run. */
export async function expectDecidedOnce(http: HttpClient, id: number, stepMs: number): Promise<Decided[]> {
  const decided = (await decidedOf(http, id)).toSorted((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at));
  for (const [index, { due_at, last_due_at, count }] of decided.entries()) {
    const at = JSON.stringify(decided.slice(Math.max(0, index - 1), index + 1));
    expect(Date.parse(last_due_at) - Date.parse(due_at), at).toBe((count - 1) * stepMs);
    const before = decided[index - 1];
    if (before) expect(Date.parse(due_at) - Date.parse(before.last_due_at), at).toBe(stepMs);
  }
  const fired = decided.filter(({ verb }) => verb === 'fired').map(({ run_id }) => run_id);
  const runs = (await runsOf(http, id)).map((run) => run.id);
  expect(fired.toSorted()).toEqual(runs.toSorted());
  return decided;
}
