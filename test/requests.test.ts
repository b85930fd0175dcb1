// What a request may carry besides its fields, over the whole way to the log and back: Idempotency-Key, If-Match, X-Request-Id; and
// the answers that never change.

import { expect, test } from 'vitest';
import { type Answer, byCallers, type DomainEntry, readChanges, readEvents, startStack } from '@egg/testing';

const stack = await startStack();
const { http } = stack;

async function counter(): Promise<number> {
  const { body } = await http.get<{ value: number }[]>('/counter/list?field=counter_for_domain');
  return body.data[0]?.value ?? 0;
}

async function add(domain: string, headers: { [name: string]: string } = {}): Promise<Answer<DomainEntry>> {
  return http.post<DomainEntry>('/domain/add', { domain }, headers);
}

test('a key used again is answered as the first time and writes nothing', async () => {
  const key = { 'idempotency-key': 'again' };
  const first = await add('again.example', key);
  const head = await counter();
  await http.post('/domain/update', { id: first.body.data.id, comment: 'moved on' });
  const second = await add('again.example', key);
  expect(second.body).toEqual(first.body);
  expect(await counter()).toBe(head + 1);
});

test('a key used with another body is ALREADY_EXISTS, on another route it is another key', async () => {
  const key = { 'idempotency-key': 'once' };
  const { body } = await add('once.example', key);
  const other = await add('other.example', key);
  expect([other.httpStatus, other.body.code]).toEqual([409, 'ALREADY_EXISTS']);
  expect(other.body.errors?.[0]?.field).toBe('Idempotency-Key');
  const deleted = await http.post<DomainEntry>('/domain/delete', { id: body.data.id }, key);
  expect(deleted.body).toMatchObject({ status: 0, data: { id: body.data.id } });
});

test('many at once with one key make one commit, and all get its answer', async () => {
  const head = await counter();
  const answers = await byCallers(32, new Array(64).fill('race.example') as string[], (domain) =>
    add(domain, { 'idempotency-key': 'race' }),
  );
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers[0]?.body.status).toBe(0);
  expect(await counter()).toBe(head + 1);
});

test('a refused write is not remembered: with the same key it can be tried again', async () => {
  const { body } = await add('in-the-way.example');
  const key = { 'idempotency-key': 'refused' };
  expect((await add('in-the-way.example', key)).body.code).toBe('ALREADY_EXISTS');
  await http.post('/domain/delete', { id: body.data.id });
  expect((await add('in-the-way.example', key)).body.status).toBe(0);
});

test('a key is known again after a kill of the service', async () => {
  const raise = (): Promise<Answer<{ value: number }>> =>
    http.post('/counter/update', { field: 'counter_for_domain' }, { 'idempotency-key': 'over-a-restart' });
  const first = await raise();
  const added = await add('restart.example', { 'idempotency-key': 'add-over-a-restart' });
  await stack.kill('blocklists-1');
  await stack.restart('blocklists-1');
  await expect.poll(async () => (await raise()).body, { timeout: 10_000 }).toEqual(first.body);
  const again = await add('restart.example', { 'idempotency-key': 'add-over-a-restart' });
  expect(again.body).toEqual(added.body);
  expect(await counter()).toBe(added.body.data.revision);
});

test('a write with If-Match is done only where the record has not moved on', async () => {
  const { data } = (await add('match.example')).body;
  const update = (comment: string, revision: number): Promise<Answer<DomainEntry>> =>
    http.post('/domain/update', { id: data.id, comment }, { 'if-match': `"${revision}"` });
  const first = await update('first', data.revision);
  expect(first.body.data).toMatchObject({ comment: 'first' });
  const late = await update('late', data.revision);
  expect([late.httpStatus, late.body.code]).toEqual([409, 'ABORTED']);
  expect(late.body.errors?.[0]?.field).toBe('If-Match');
  const head = { 'if-match': `"${data.revision}"` };
  expect((await http.post('/domain/delete', { id: data.id }, head)).body.code).toBe('ABORTED');
  const now = { 'if-match': `"${first.body.data.revision}"` };
  expect((await http.post('/domain/delete', { id: data.id }, now)).body.status).toBe(0);
});

test('of many writes with the same If-Match one is done', async () => {
  const { data } = (await add('contended.example')).body;
  const answers = await byCallers(16, Array.from({ length: 16 }, String), (comment) =>
    http.post('/domain/update', { id: data.id, comment }, { 'if-match': `"${data.revision}"` }),
  );
  expect(answers.map(({ body }) => body.code ?? 'OK').sort()).toEqual([
    ...(new Array(15).fill('ABORTED') as string[]),
    'OK',
  ]);
});

test('the key is looked up before If-Match', async () => {
  const { data } = (await add('both.example')).body;
  const headers = { 'if-match': `"${data.revision}"`, 'idempotency-key': 'both' };
  const first = await http.post('/domain/update', { id: data.id, comment: 'x' }, headers);
  expect(first.body.status).toBe(0);
  expect((await http.post('/domain/update', { id: data.id, comment: 'x' }, headers)).body).toEqual(
    first.body,
  );
});

test('the request id of a write is on its answer and on its events', async () => {
  const { body, headers } = await add('traced.example', { 'x-request-id': 'trace-1' });
  expect(headers['x-request-id']).toBe('trace-1');
  const { revision } = body.data;
  const [event] = (await readEvents(stack.bus, 'domain_block', revision)).slice(-1);
  expect(event?.event).toMatchObject({ requestid: 'trace-1', data: { requestid: 'trace-1' } });
  const [step] = (await readEvents(stack.bus, 'counter_for_domain', revision)).slice(-1);
  expect(step?.event).toMatchObject({ requestid: 'trace-1' });
  const refused = await add('127.0.0.1', { 'x-request-id': 'trace-2' });
  expect([refused.headers['x-request-id'], refused.body.request_id]).toEqual(['trace-2', 'trace-2']);
  const own = await http.get('/domain/list?limit=1');
  expect(own.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('changes of a closed range never change: they say so, and are known by their tag', async () => {
  const { revision } = (await add('closed-1.example')).body.data;
  await add('closed-2.example');
  const path = `/domain/changes?since=${revision - 1}&to=${revision + 1}`;
  const first = await http.get(path);
  expect(first.headers['cache-control']).toBe('private, max-age=31536000, immutable');
  const etag = String(first.headers['etag']);
  await add('closed-3.example');
  const second = await http.get(path);
  expect([second.text, second.headers['etag']]).toEqual([first.text, etag]);
  const known = await http.get(path, { 'if-none-match': etag });
  expect([known.httpStatus, known.text]).toEqual([304, '']);
  const open = await http.get(`/domain/changes?since=${revision - 1}`);
  expect([open.headers['etag'], open.headers['cache-control']]).toEqual([undefined, 'no-store']);
});

test('changes of the future, and of another history, are OUT_OF_RANGE by name', async () => {
  const head = await counter();
  const { log } = await readChanges(http, '/domain/changes', head);
  const future = await http.get(`/domain/changes?since=${head + 1}`);
  expect([future.httpStatus, future.body.code, future.body.errors?.[0]?.field]).toEqual([
    400,
    'OUT_OF_RANGE',
    'since',
  ]);
  const late = await http.get(`/domain/changes?since=0&to=${head + 1}`);
  expect([late.body.code, late.body.errors?.[0]?.field]).toEqual(['OUT_OF_RANGE', 'to']);
  const other = await http.get(`/domain/changes?since=${head}&log=another`);
  expect([other.body.code, other.body.errors?.[0]?.field]).toEqual(['OUT_OF_RANGE', 'log']);
  expect((await http.get(`/domain/changes?since=${head}&log=${log}`)).body.status).toBe(0);
});
