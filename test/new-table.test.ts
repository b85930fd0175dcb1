// What a new table costs: a proto file, one declaration, and no route. The rest of this file only uses it.

import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { loadContract } from '@egg/contract';
import { buildApp } from '@egg/gateway';
import { connect } from '@egg/rpc';
import { createLog, createMetrics, makeAuthorize, parseConfig, startTableService } from '@egg/service';
import { declareTable, openDatabase } from '@egg/store';
import { deleteStreams, type Envelope, quiet, readEvents, type Row, testName } from '@egg/testing';

const contract = loadContract({
  dirs: [join(import.meta.dirname, 'fixtures/proto')],
  files: ['egg/notes/v1/note.proto'],
});
const notes = declareTable(contract, 'note');

const name = testName();
const servers = { mongo: inject('mongoUrl'), nats: inject('natsUrl') };
const config = parseConfig({
  EGG_MONGODB_URL: servers.mongo,
  EGG_MONGODB_DATABASE: name,
  EGG_NATS_URL: servers.nats,
  EGG_BUS_PREFIX: name,
  EGG_TASKS_PORT: '0',
});
const log = createLog({ service: 'notes', level: 'fatal' });
const service = await startTableService(
  { name: 'tasks', config, log, metrics: createMetrics() },
  { name: 'tasks', contract, tables: { notes }, methods: () => ({}) },
);
const channel = connect({ address: `127.0.0.1:${String(service.ready?.['port'])}`, log });
const app = await buildApp({
  contract,
  channels: new Map([['egg.notes.v1', channel]]),
  authorize: makeAuthorize({}),
  isOpen: () => true,
  log,
  metrics: createMetrics(),
});
afterAll(async () => {
  await app.close();
  channel.close();
  await service.stop();
  const database = await openDatabase({ url: servers.mongo, name, log: quiet });
  await database.drop();
  await database.close();
  await deleteStreams(servers.nats, name);
});

interface Note extends Row {
  readonly title: string;
  readonly kind: string;
  readonly stars: number;
  readonly labels: readonly string[];
  readonly due_at?: string;
}

async function call<T>(url: string, payload?: object): Promise<Envelope<T>> {
  const reply = await app.inject(payload ? { method: 'POST', url, payload } : { method: 'GET', url });
  return reply.json();
}

async function add(title: string, fields: object = {}): Promise<Note> {
  const { data, ...rest } = await call<Note>('/note/add', { title, ...fields });
  expect(rest).toMatchObject({ status: 0 });
  return data;
}

test('a record is added, with the defaults of the proto', async () => {
  const { data } = await call<Note>('/note/add', { title: 'first', due_at: '2030-01-01T00:00:00Z' });
  expect(data).toMatchObject({
    title: 'first',
    kind: 'plain',
    stars: 0,
    labels: [],
    revision: data.revision,
  });
  expect(data.due_at).toBe('2030-01-01T00:00:00.000Z');
  expect((await call<Note[]>(`/note/list?id=${data.id}`)).data).toEqual([data]);
});

test.each([
  [{}, 'title'],
  [{ title: 'LOUD' }, 'title'],
  [{ title: 'a title that is too long' }, 'title'],
  [{ title: 'a', kind: 'whatever' }, 'kind'],
  [{ title: 'a', stars: 6 }, 'stars'],
  [{ title: 'a', labels: ['x', 'x'] }, 'labels'],
  [{ title: 'a', labels: ['x', 'y', 'z'] }, 'labels'],
  [{ title: 'a', due_at: 'soon' }, 'due_at'],
  [{ title: 'a', id: 7 }, 'id'],
])('%j breaks a rule of the proto and is refused by %s', async (fields, field) => {
  const { status, code, errors } = await call('/note/add', fields);
  expect([status, code]).toEqual([1, 'INVALID_ARGUMENT']);
  expect(errors?.map((fault) => fault.field)).toEqual([field]);
});

test('the key that the proto names is unique, and free again after a deletion', async () => {
  const { id } = await add('unique');
  expect((await call('/note/add', { title: 'unique' })).code).toBe('ALREADY_EXISTS');
  const other = await add('other');
  expect((await call('/note/update', { id: other.id, title: 'unique' })).code).toBe('ALREADY_EXISTS');
  expect((await call<Note>('/note/delete', { id })).data).toMatchObject({ id, title: 'unique' });
  expect((await add('unique')).id).toBeGreaterThan(other.id);
});

test('an update changes what it names, clears what it is told to, and makes no commit of nothing', async () => {
  const added = await add('changed', { stars: 3, labels: ['x'], due_at: '2030-01-01T00:00:00Z' });
  const { data } = await call<Note>('/note/update', { id: added.id, kind: 'urgent' });
  expect(data).toEqual({
    ...added,
    kind: 'urgent',
    revision: added.revision + 1,
    updated_at: data.updated_at,
  });
  expect((await call<Note>('/note/update', { id: added.id, kind: 'urgent' })).data).toEqual(data);
  const cleared = await call<Note>('/note/update', { id: added.id, due_at: null });
  expect(cleared.data).not.toHaveProperty('due_at');
  expect(cleared.data).toMatchObject({ stars: 3, labels: ['x'], kind: 'urgent' });
});

test('list has pages, a filter, a search and the past', async () => {
  const [first] = await Promise.all([
    add('seek one'),
    add('seek two', { kind: 'urgent' }),
    add('seek three'),
  ]);
  const found = await call<Note[]>('/note/list?q=seek&sort=-id&limit=2');
  expect(found).toMatchObject({ status: 0, total: 3, total_exact: true });
  const rest = await call<Note[]>(
    `/note/list?q=seek&sort=-id&limit=2&cursor=${encodeURIComponent(found.next_cursor ?? '')}`,
  );
  expect([...found.data, ...rest.data].map(({ title }) => title).sort()).toEqual([
    'seek one',
    'seek three',
    'seek two',
  ]);
  const urgent = await call<Note[]>('/note/list?kind=urgent');
  expect(urgent.data.every(({ kind }) => kind === 'urgent')).toBe(true);
  expect(urgent.data.map(({ title }) => title)).toContain('seek two');
  await call('/note/update', { id: first?.id, stars: 5 });
  const then = await call<Note[]>(`/note/list?id=${first?.id}&revision=${first?.revision}`);
  expect(then.data).toEqual([first]);
});

test('history, changes and the bus tell of it', async () => {
  const { id, revision } = await add('told');
  await call('/note/update', { id, stars: 1 });
  await call('/note/delete', { id });
  const { data } = await call<{ verb: string; revision: number }[]>(`/note/history?id=${id}`);
  expect(data.map((change) => [change.revision, change.verb])).toEqual([
    [revision, 'added'],
    [revision + 1, 'updated'],
    [revision + 2, 'deleted'],
  ]);
  const changes = await call<object>(`/note/changes?since=${revision}`);
  expect(changes.data).toMatchObject({ from: revision, to: revision + 2, added: [], removed: [id] });
  const events = await readEvents({ url: servers.nats, prefix: name }, 'note', revision + 2);
  expect(events.slice(-3).map(({ to, event }) => [to, event.id, event.subject])).toEqual([
    ['note.added', `note:${revision}`, String(id)],
    ['note.updated', `note:${revision + 1}`, String(id)],
    ['note.deleted', `note:${revision + 2}`, String(id)],
  ]);
  const steps = await readEvents({ url: servers.nats, prefix: name }, 'counter_for_note', revision + 2);
  expect(steps.at(-1)?.event.data).toMatchObject({ field: 'counter_for_note', value: revision + 2 });
});

test('the table is in the description of the API', async () => {
  const { paths } = (await app.inject({ method: 'GET', url: '/openapi.json' })).json<{ paths: object }>();
  for (const route of ['add', 'update', 'delete', 'list', 'history', 'changes']) {
    expect(paths).toHaveProperty([`/note/${route}`]);
  }
});
