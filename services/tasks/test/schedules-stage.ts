// What the tests of schedules stand on: what they point at, and how their histories and runs are read.

import { expect } from 'vitest';
import type { HttpClient } from '@egg/testing';
import type { Run, Schedule } from '@egg/contract/types/tasks';

/** An entry of a history as JSON has it. */
export interface Entry {
  readonly revision?: number;
  readonly at: string;
  readonly actor: string;
  readonly verb: string;
  readonly due_at?: string;
  readonly last_due_at?: string;
  readonly count?: number;
  readonly run_id?: number;
  readonly reason?: string;
}

type AsJson<T> = { [name in keyof T]: T[name] extends Date | undefined ? string : T[name] };
export type ShownSchedule = AsJson<Schedule>;

export interface Stage {
  readonly task: number;
  readonly strategy: number;
  /** Of a version that is not published. */
  readonly draftTask: number;
  add(fields: object): Promise<ShownSchedule>;
  show(id: number): Promise<ShownSchedule>;
  history(id: number): Promise<Entry[]>;
  /** What became of due times. */
  decided(id: number): Promise<Entry[]>;
  /** The runs that a schedule fired, in order. */
  runs(id: number): Promise<Run[]>;
  remove(id: number): Promise<void>;
}

let names = 0;
const POLL = { timeout: 20_000, interval: 100 };

/** Adds what schedules need. */
export async function laySchedules(http: HttpClient): Promise<Stage> {
  const add = async <T>(path: string, body: object): Promise<T & { id: number }> => {
    const { body: answer } = await http.post<T & { id: number }>(`/${path}/add`, body);
    if (answer.status !== 0) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  };
  const egg = (await add('egg', { name: 'agent', allow_unsigned: true })).id;
  const draft = (await add('version', { egg_id: egg, version: '1.0.0' })).id;
  const task = (await add('task', { name: 'check', egg_id: egg, action: 'check' })).id;
  const draftTask = (await add('task', { name: 'draft', egg_id: egg, action: 'update', version_id: draft }))
    .id;
  const strategy = (await add('strategy', { name: 'all', target: {} })).id;
  const history = async (id: number): Promise<Entry[]> => {
    const entries: Entry[] = [];
    for (let cursor = ''; ;) {
      const { body } = await http.get<Entry[]>(`/schedule/history?id=${id}${cursor}`);
      if (body.status !== 0) throw new Error(JSON.stringify(body));
      entries.push(...body.data);
      if (body.next_cursor === undefined) return entries;
      cursor = `&cursor=${body.next_cursor}`;
    }
  };
  return {
    task,
    strategy,
    draftTask,
    add: (fields) =>
      add<ShownSchedule>('schedule', {
        name: `schedule-${++names}`,
        task_id: task,
        strategy_id: strategy,
        ...fields,
      }),
    show: async (id) => {
      const { body } = await http.get<ShownSchedule[]>(`/schedule/list?id=${id}`);
      const [shown] = body.data;
      if (!shown) throw new Error(`no schedule ${id}`);
      return shown;
    },
    history,
    decided: async (id) => (await history(id)).filter(({ due_at }) => due_at !== undefined),
    runs: async (id) => {
      const { body } = await http.get<Run[]>(`/run/list?schedule_id=${id}&limit=1000`);
      return body.data;
    },
    remove: async (id) => {
      expect((await http.post('/schedule/update', { id, enabled: false })).body.status).toBe(0);
    },
  };
}

/** Waits until something holds of what was decided, and answers with it. */
export async function untilDecided(
  stage: Stage,
  id: number,
  isWanted: (decided: readonly Entry[]) => boolean,
): Promise<Entry[]> {
  let decided: Entry[] = [];
  await expect
    .poll(async () => {
      decided = await stage.decided(id);
      return isWanted(decided) || decided;
    }, POLL)
    .toBe(true);
  return decided;
}

/** Expects that each due time from the first to the last is decided once, `stepMs` apart. */
export function expectContiguous(decided: readonly Entry[], stepMs: number): void {
  const parts = decided.map(({ due_at = '', last_due_at = '', count = 0 }) => ({
    first: Date.parse(due_at),
    last: Date.parse(last_due_at),
    count,
  }));
  for (const [index, { first, last, count }] of parts.entries()) {
    expect(last - first, JSON.stringify(decided[index])).toBe((count - 1) * stepMs);
    const before = parts[index - 1];
    if (before) expect(first - before.last, JSON.stringify(decided.slice(index - 1, index + 1))).toBe(stepMs);
  }
}
