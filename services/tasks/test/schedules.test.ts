// Schedules as an operator has them: they fire when they are due, say what became of each due time, and keep to what they say of overlap.

import { describe, expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import type { Run } from '@egg/contract/types/tasks';
import { expectContiguous, laySchedules, type ShownSchedule, untilDecided } from './schedules-stage.ts';

const stack = await startStack({ eggs: 1, tasks: 2, gateways: 2 });
const [one, other] = stack.gateways;
if (!one || !other) throw new Error('there are two gateways');
const stage = await laySchedules(one);

const update = (id: number, fields: object) =>
  other.post<ShownSchedule>('/schedule/update', { id, ...fields });
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
const fired = (verb: string): boolean => verb === 'fired';

describe('a schedule', () => {
  test('fires when its preview said, once each time, by one run', async () => {
    const { id } = await stage.add({ cron: '*/2 * * * * *', overlap: 'cancel', enabled: false });
    const preview = await other.get<string[]>(`/schedule/preview?id=${id}&count=20`);
    expect(preview.body.data).toHaveLength(20);
    const enabled = await update(id, { enabled: true });
    const decided = await untilDecided(stage, id, (entries) => entries.length >= 4);
    await stage.remove(id);
    expectContiguous(decided, 2000);
    const whenever = Date.parse(enabled.body.data.updated_at);
    const expected = preview.body.data.filter((due) => Date.parse(due) > whenever).slice(0, 3);
    expect(decided.slice(0, 3).map(({ due_at }) => due_at)).toEqual(expected);
    const all = await stage.decided(id);
    expect(all.every(({ verb, actor, count }) => fired(verb) && actor === 'schedule' && count === 1)).toBe(
      true,
    );
    const runs = await stage.runs(id);
    expect(runs.map((run) => run.id)).toEqual(all.map(({ run_id }) => run_id));
    expect(runs.slice(0, -1).map(({ state }) => state)).toEqual(runs.slice(1).map(() => 'cancelled'));
  });

  test('shows when it is due next, and nothing more when it is not enabled or over', async () => {
    const { id, created_at } = await stage.add({ every_seconds: 3600 });
    const shown = await stage.show(id);
    expect(Date.parse(shown.next_run_at ?? '')).toBe(Date.parse(created_at) + 3_600_000);
    await update(id, { enabled: false });
    expect((await stage.show(id)).next_run_at).toBeUndefined();
    await update(id, { enabled: true, every_seconds: 60 });
    const due = Date.parse((await stage.show(id)).next_run_at ?? '');
    expect((due - Date.parse(created_at)) % 60_000).toBe(0);
    const at = inMs(1500);
    const once = await stage.add({ at });
    expect((await stage.show(once.id)).next_run_at).toBe(at);
    const [entry] = await untilDecided(stage, once.id, (entries) => entries.length > 0);
    expect(entry).toMatchObject({ verb: 'fired', due_at: at, count: 1 });
    expect((await stage.show(once.id)).next_run_at).toBeUndefined();
    const { body } = await one.get<string[]>(`/schedule/preview?id=${once.id}`);
    expect(body.data).toEqual([]);
  });

  test('is due at other times from the moment it is changed, and what was due until then is decided', async () => {
    const { id } = await stage.add({ every_seconds: 1, overlap: 'cancel' });
    await untilDecided(stage, id, (entries) => entries.length >= 2);
    const changed = Date.parse(
      (await update(id, { every_seconds: null, cron: '0 0 1 1 *' })).body.data.updated_at,
    );
    const decided = await untilDecided(stage, id, (entries) => {
      const last = Date.parse(entries.at(-1)?.due_at ?? '');
      return last <= changed && last > changed - 1000;
    });
    expectContiguous(decided, 1000);
    const years = await one.get<string[]>(`/schedule/preview?id=${id}&count=3`);
    expect(years.body.data.map((due) => due.slice(4))).toEqual([
      '-01-01T00:00:00.000Z',
      '-01-01T00:00:00.000Z',
      '-01-01T00:00:00.000Z',
    ]);
    expect((await stage.show(id)).next_run_at).toBe(years.body.data[0]);
  });

  test('spreads its firing by its jitter, and lets go of what waits when it is no longer enabled', async () => {
    const at = inMs(1000);
    const { id } = await stage.add({ at, jitter_seconds: 86_400 });
    await expect.poll(async () => (await stage.show(id)).next_run_at).toBeUndefined();
    await update(id, { enabled: false });
    expect(await stage.decided(id)).toEqual([]);
    expect(await stage.runs(id)).toEqual([]);
    const soon = await stage.add({ at: inMs(1000), jitter_seconds: 1 });
    const [entry] = await untilDecided(stage, soon.id, (entries) => entries.length > 0);
    const [run] = await stage.runs(soon.id);
    const lateMs = Date.parse(String(run?.started_at)) - Date.parse(entry?.due_at ?? '');
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(6000);
  });

  test('that cannot start a run says why, and goes on', async () => {
    const { id } = await stage.add({ task_id: stage.draftTask, every_seconds: 1 });
    const decided = await untilDecided(stage, id, (entries) => entries.length >= 2);
    await stage.remove(id);
    expect(
      decided.every(({ verb, reason = '' }) => verb === 'skipped' && reason.includes('not published')),
    ).toBe(true);
    expect(await stage.runs(id)).toEqual([]);
  });

  test('has a history of its commits and its due times in order, in pages of any size', async () => {
    const { id } = await stage.add({ every_seconds: 1 });
    await untilDecided(stage, id, (entries) => entries.length >= 2);
    await update(id, { catch_up_seconds: 60 });
    await untilDecided(stage, id, (entries) => entries.length >= 4);
    await update(id, { enabled: false });
    const whole = await stage.history(id);
    expect(whole.map(({ at }) => at)).toEqual(whole.map(({ at }) => at).toSorted());
    expect(whole.filter(({ revision }) => revision !== undefined).map(({ verb }) => verb)).toEqual([
      'added',
      'updated',
      'updated',
    ]);
    for (const limit of [1, 2, 3]) {
      const paged: unknown[] = [];
      for (let cursor = ''; ;) {
        const { body } = await other.get<unknown[]>(`/schedule/history?id=${id}&limit=${limit}${cursor}`);
        expect(body.data.length).toBeLessThanOrEqual(limit);
        paged.push(...body.data);
        if (body.next_cursor === undefined) break;
        cursor = `&cursor=${body.next_cursor}`;
      }
      expect(paged).toEqual(whole);
    }
    const wrong = await one.get(`/schedule/history?id=${id}&cursor=x`);
    expect(wrong.body).toMatchObject({ code: 'INVALID_ARGUMENT', errors: [{ field: 'cursor' }] });
  });

  test('that is not there is not previewed, triggered or told of', async () => {
    for (const answer of [
      await one.get('/schedule/preview?id=9999'),
      await one.get('/schedule/history?id=9999'),
      await one.post('/schedule/trigger', { id: 9999 }),
    ])
      expect([answer.httpStatus, answer.body.code]).toEqual([404, 'NOT_FOUND']);
    const many = await one.get('/schedule/preview?id=1&count=1001');
    expect(many.body).toMatchObject({ code: 'INVALID_ARGUMENT', errors: [{ field: 'count' }] });
  });
});

describe('while the last run is not over', () => {
  test('a due time is skipped by default', async () => {
    const { id } = await stage.add({ every_seconds: 2 });
    const [first, ...rest] = await untilDecided(stage, id, (entries) => entries.length >= 3);
    expect(first).toMatchObject({ verb: 'fired' });
    for (const entry of rest)
      expect(entry).toMatchObject({ verb: 'skipped', reason: `run ${first?.run_id} is not over` });
    await one.post('/run/cancel', { id: first?.run_id });
    const all = await untilDecided(
      stage,
      id,
      (entries) => entries.filter(({ verb }) => fired(verb)).length === 2,
    );
    await stage.remove(id);
    expectContiguous(all, 2000);
  });

  test('one due time waits where it says so, and fires when the run is over', async () => {
    const { id } = await stage.add({ every_seconds: 1, overlap: 'queue' });
    const busy = await untilDecided(stage, id, (entries) => entries.length >= 3);
    expect(busy[0]).toMatchObject({ verb: 'fired' });
    expect(busy.slice(1).map(({ verb, reason }) => [verb, reason])).toEqual(
      busy.slice(1).map(() => ['skipped', 'another due time waits already']),
    );
    await one.post('/run/cancel', { id: busy[0]?.run_id });
    const all = await untilDecided(
      stage,
      id,
      (entries) => entries.filter(({ verb }) => fired(verb)).length === 2,
    );
    await stage.remove(id);
    const [, second] = all.filter(({ verb }) => fired(verb));
    expect(Date.parse(second?.due_at ?? '')).toBe(Date.parse(busy[0]?.due_at ?? '') + 1000);
    expect((await stage.runs(id)).map((run) => run.id)).toContain(second?.run_id);
  });
});

describe('triggered by hand', () => {
  test('it runs at once whatever it says, once for a key, and tells of it', async () => {
    const { id } = await stage.add({ cron: '0 0 1 1 *', enabled: false });
    const trigger = (headers: Record<string, string> = {}) =>
      other.post<Run>('/schedule/trigger', { id }, headers);
    const first = (await trigger()).body.data;
    expect(first).toMatchObject({ schedule_id: id, state: 'running' });
    const second = (await trigger({ 'idempotency-key': 'twice' })).body.data;
    const again = (await one.post<Run>('/schedule/trigger', { id }, { 'idempotency-key': 'twice' })).body
      .data;
    expect(again.id).toBe(second.id);
    expect(second.id).not.toBe(first.id);
    const decided = await stage.decided(id);
    expect(decided.map(({ verb, run_id, actor }) => [verb, run_id, actor])).toEqual(
      [first, second].map((run) => ['fired', run.id, 'anonymous']),
    );
    const stale = await trigger({ 'if-match': '"999"' });
    expect([stale.httpStatus, stale.body.code]).toEqual([409, 'ABORTED']);
    expect(await stage.runs(id)).toHaveLength(2);
  });

  test('it says why it cannot run, and the due times after it are as they were', async () => {
    const { id } = await stage.add({ task_id: stage.draftTask, every_seconds: 3600 });
    const { next_run_at } = await stage.show(id);
    const refused = await one.post('/schedule/trigger', { id });
    expect([refused.httpStatus, refused.body.code]).toEqual([400, 'FAILED_PRECONDITION']);
    expect(await stage.decided(id)).toMatchObject([{ verb: 'skipped' }]);
    expect((await stage.show(id)).next_run_at).toBe(next_run_at);
  });
});

test('a schedule whose run is not over cannot be deleted; one that has none can, and fires no more', async () => {
  const { id } = await stage.add({ every_seconds: 1 });
  const [entry] = await untilDecided(stage, id, (entries) => entries.length >= 1);
  const used = await one.post('/schedule/delete', { id });
  expect(used.body).toMatchObject({
    code: 'FAILED_PRECONDITION',
    errors: [{ field: 'id', reason: `is used by run ${entry?.run_id}` }],
  });
  await update(id, { enabled: false });
  await one.post('/run/cancel', { id: entry?.run_id });
  await expect.poll(async () => (await one.post('/schedule/delete', { id })).body.status).toBe(0);
  const history = await stage.history(id);
  expect(history.at(-1)).toMatchObject({ verb: 'deleted' });
  expect(history.some(({ verb }) => fired(verb))).toBe(true);
});
