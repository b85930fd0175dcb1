// What every table guarantees, by the same tests over each of them: revisions without gaps, lists and changes that agree at every
// revision, every commit on the bus once and in order, repeated requests that write once, two replicas that are as exact as one, and
// nothing lost when one of them is killed.

import { beforeAll, describe, expect, test } from 'vitest';
import { loadContract, type TableContract } from '@egg/contract';
import {
  applyChanges,
  byCallers,
  foldEvents,
  type HttpClient,
  readChanges,
  readEvents,
  readList,
  type Row,
  sorted,
  startStack,
} from '@egg/testing';
import { add, type Ground, layGround, type Sample, SAMPLES } from './scenarios/samples.ts';

const stack = await startStack({ blocklists: 2, eggs: 2, tasks: 2 });
const [one, other] = stack.gateways as [HttpClient, HttpClient];
/** Runs are added by starting them. */
const TABLES = loadContract().tables.filter(({ name }) => name !== 'run');
const LIMIT_MS = 120_000;
let ground: Ground;

beforeAll(async () => {
  ground = await layGround(one);
}, LIMIT_MS);

function sampleOf({ name }: TableContract): Sample {
  const sample = SAMPLES[name];
  if (!sample) throw new Error(`the table ${name} has no samples: every table has to be tested`);
  return sample;
}

interface Written {
  readonly revision: number;
  readonly requestId: string;
}

/** Adds, changes and deletes by 24 callers over both gateways. Answers with what was answered with a commit. */
async function write(table: TableContract, first: number, count: number): Promise<Written[]> {
  const { change, ...sample } = sampleOf(table);
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const answers = await byCallers(24, numbers, async (n, index) => {
    const http = index % 2 === 0 ? one : other;
    const written: Written[] = [];
    const tell = (step: string, answer: Awaited<ReturnType<typeof add>>): Row | undefined => {
      if (answer.httpStatus === 503) return undefined; // Unknown: the service was killed under it.
      expect(answer.body.status, `${table.name} ${n} ${step}: ${answer.text}`).toBe(0);
      written.push({ revision: answer.body.data.revision, requestId: `${table.name}-${n}-${step}` });
      return answer.body.data;
    };
    const id = (step: string) => ({ 'x-request-id': `${table.name}-${n}-${step}` });
    const row = tell('add', await add(http, table.path, sample.add(n, ground), id('add')));
    if (row && change && n % 3 !== 0) {
      const fields = { id: row.id, ...change(n, ground) };
      tell('update', await http.post<Row>(`/${table.path}/update`, fields, id('update')));
    }
    if (row && n % 3 === 1) {
      tell('delete', await http.post<Row>(`/${table.path}/delete`, { id: row.id }, id('delete')));
    }
    return written;
  });
  return answers.flat();
}

async function expectExact(table: TableContract, answered: readonly Written[]): Promise<void> {
  const list = `/${table.path}/list`;
  const { to: head } = await readChanges<Row>(one, `/${table.path}/changes`, 0);
  const events = await readEvents(stack.bus, table.name, head);
  expect(events.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: head }, (_, index) => index + 1),
  );
  expect(events.map(({ event }) => event.id)).toEqual(
    events.map(({ sequence }) => `${table.name}:${sequence}`),
  );
  for (const { revision, requestId } of answered)
    expect(events[revision - 1]?.event.requestid, `${table.name} ${revision}`).toBe(requestId);
  const rows = sorted(await readList<Row>(other, list, { revision: head }));
  const { beside = [] } = sampleOf(table);
  const committed = rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !beside.includes(name))),
  );
  expect(sorted(foldEvents(events))).toEqual(committed);
  const steps = Array.from({ length: 6 }, (_, index) => Math.floor((head * index) / 6));
  for (const since of steps) {
    const before = await readList<Row>(one, list, { revision: since });
    const after = applyChanges(before, await readChanges<Row>(other, `/${table.path}/changes`, since));
    expect(sorted(after), `${table.name} since ${since}`).toEqual(rows);
  }
}

describe.each(TABLES.map((table) => [table.name, table] as const))('%s', (_name, table) => {
  const post = (verb: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    one.post<Row>(`/${table.path}/${verb}`, body, headers);
  const { change, ...sample } = sampleOf(table);

  test(
    'is exact while many write to two replicas',
    async () => {
      await expectExact(table, await write(table, 100, 48));
    },
    LIMIT_MS,
  );

  test('answers the same request with the same key as before, and refuses another', async () => {
    const key = { 'idempotency-key': `key-${table.name}` };
    const first = await add(one, table.path, sample.add(1, ground), key);
    expect(first.body.status, first.text).toBe(0);
    const again = await add(other, table.path, sample.add(1, ground), key);
    const { secret: _secret, ...shown } = first.body.data as Row & { secret?: string };
    expect(again.body.data).toEqual(shown);
    const different = await add(one, table.path, sample.add(2, ground), key);
    expect(different.body).toMatchObject({ status: 1, code: 'ALREADY_EXISTS' });
    expect(different.httpStatus).toBe(409);
  });

  test('keeps a record that has moved on from who has not seen it', async () => {
    const { data } = (await add(one, table.path, sample.add(3, ground))).body;
    const stale = await post('delete', { id: data.id }, { 'if-match': `"${data.revision + 1}"` });
    expect(stale.body).toMatchObject({ code: 'ABORTED', errors: [{ field: 'If-Match' }] });
    const gone = await post('delete', { id: data.id }, { 'if-match': `"${data.revision}"` });
    expect(gone.body).toMatchObject({ status: 0, data: { id: data.id } });
    expect(gone.body.data.revision).toBeGreaterThan(data.revision);
    const history = await one.get<{ verb: string }[]>(`/${table.path}/history?id=${data.id}`);
    expect(history.body.data.map(({ verb }) => verb)).toEqual(['added', 'deleted']);
  });

  test('says what is not there, and names what it does not know', async () => {
    for (const answer of [
      await post('delete', { id: 999_999 }),
      await one.get(`/${table.path}/list?id=999999`),
      await one.get(`/${table.path}/history?id=999999`),
      ...(change ? [await post('update', { id: 999_999, ...change(1, ground) })] : []),
    ]) {
      expect(answer.body, answer.text).toMatchObject({ status: 1, code: 'NOT_FOUND' });
      expect(answer.httpStatus).toBe(404);
    }
    const future = await one.get(`/${table.path}/changes?since=999999`);
    expect(future.body).toMatchObject({ code: 'OUT_OF_RANGE', errors: [{ field: 'since' }] });
    const unknown = await one.get(`/${table.path}/list?nonsense=1`);
    expect(unknown.body).toMatchObject({ code: 'INVALID_ARGUMENT', errors: [{ field: 'nonsense' }] });
  });

  if (!change) return;

  test('makes no commit of an update that says nothing new', async () => {
    const { data } = (await add(one, table.path, sample.add(4, ground))).body;
    expect((await post('update', { id: data.id })).body.data).toEqual(data);
    const changed = await post('update', { id: data.id, ...change(4, ground) });
    expect(changed.body.data.revision, changed.text).toBeGreaterThan(data.revision);
    const again = await post('update', { id: data.id, ...change(4, ground) });
    expect(again.body.data).toEqual(changed.body.data);
  });
});

test(
  'nothing answered is lost when a replica of each service is killed under load',
  async () => {
    const writing = Promise.all(TABLES.map((table) => write(table, 300, 12)));
    await Promise.all(['blocklists-1', 'eggs-1', 'tasks-1'].map((name) => stack.kill(name)));
    await Promise.all(['blocklists-1', 'eggs-1', 'tasks-1'].map((name) => stack.restart(name)));
    const written = await writing;
    for (const http of [one, other])
      await expect.poll(async () => (await http.get('/readyz')).httpStatus, { timeout: 20_000 }).toBe(200);
    for (const [index, table] of TABLES.entries()) await expectExact(table, written[index] ?? []);
  },
  LIMIT_MS,
);
