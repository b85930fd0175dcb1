// The panel's own nine routes, for a client that knows no more than the panel's description of them: what it names is enough, and
// what is wrong is refused by its name.

import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type HttpClient, startStack } from '@egg/testing';

interface Record {
  readonly id: number;
  readonly revision: number;
  readonly domain?: string;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const [{ http }, legacy] = await Promise.all([startStack(), startStack({ env: { EGG_LEGACY_STATUS: '1' } })]);

/** Ids of a domain and a process that no test deletes. */
let domain = 0;
let process = 0;

beforeAll(async () => {
  domain = await added('/domain/add', { domain: 'kept.example' });
  process = await added('/process/add', { process: 'kept.exe', signature: '*' });
});

async function added(path: string, fields: object, client: HttpClient = http): Promise<number> {
  const { body } = await client.post<Record>(path, fields);
  expect(body).toMatchObject({ status: 0 });
  return body.data.id;
}

/** Sends the fields as JSON or as a form. */
function send<T>(path: string, fields: object, as: 'JSON' | 'form'): Promise<Answer<T>> {
  if (as === 'JSON') return http.post<T>(path, fields);
  const text = new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return http.post<T>(path, text.toString(), FORM);
}

describe.each(['JSON', 'form'] as const)('with no other parameter than it names, as %s', (as) => {
  let count = 0;
  const unique = (name: string): string => `${name}-${as.toLowerCase()}-${++count}`;

  async function done<T>(path: string, fields: object): Promise<T> {
    const { httpStatus, body } = await send<T>(path, fields, as);
    expect(body).toMatchObject({ status: 0, msg: expect.any(String) as string });
    expect(httpStatus).toBe(200);
    return body.data;
  }

  test.each(['counter_for_domain', 'counter_for_process'])(
    'counter/update raises %s by one',
    async (field) => {
      const first = await done<{ value: number }>('/counter/update', { field });
      const second = await done<{ field: string; value: number }>('/counter/update', { field });
      expect(second).toEqual({ field, value: first.value + 1 });
    },
  );

  test('domain/add, update, list and delete do what they say', async () => {
    const name = `${unique('name')}.example`;
    const { id } = await done<Record>('/domain/add', { domain: name });
    const other = `${unique('other')}.example`;
    expect(await done('/domain/update', { id, domain: other })).toMatchObject({ id, domain: other });
    expect((await http.get<Record[]>(`/domain/list?id=${id}`)).body).toMatchObject({
      status: 0,
      data: [{ id, domain: other }],
    });
    expect(await done('/domain/delete', { id })).toMatchObject({ id, domain: other });
    expect((await http.get(`/domain/list?id=${id}`)).httpStatus).toBe(404);
  });

  test('process/add, update, list and delete do what they say', async () => {
    const { id } = await done<Record>('/process/add', { process: unique('proc'), signature: '*' });
    const other = unique('other');
    expect(await done('/process/update', { id, process: other })).toMatchObject({ id, process: other });
    expect((await http.get<Record[]>(`/process/list?id=${id}`)).body).toMatchObject({
      status: 0,
      data: [{ id, process: other, signature: '*' }],
    });
    expect(await done('/process/delete', { id })).toMatchObject({ id, process: other });
    expect((await http.get(`/process/list?id=${id}`)).httpStatus).toBe(404);
  });

  test('an update with the id alone answers with the record as it is, and the counter stays', async () => {
    const before = (await http.get<Record[]>(`/domain/list?id=${domain}`)).body.data[0];
    expect(await done('/domain/update', { id: domain })).toEqual(before);
    expect(await done('/domain/update', { id: domain, domain: 'kept.example' })).toEqual(before);
    expect(await done('/process/update', { id: process })).toMatchObject({ id: process });
  });
});

test('domain/list and process/list without an id list all there is', async () => {
  for (const [path, id] of [['/domain/list', domain] as const, ['/process/list', process] as const]) {
    const { body } = await http.get<Record[]>(path);
    expect(body).toMatchObject({ status: 0, total: body.data.length, total_exact: true });
    expect(body.data.map((row) => row.id)).toContain(id);
  }
});

/** A route, its required fields with values that are right, and what is of a wrong kind for each. */
const REQUIRED: [path: string, fields: () => object, wrong: { [field: string]: readonly unknown[] }][] = [
  [
    '/counter/update',
    () => ({ field: 'counter_for_domain' }),
    { field: [7, true, ['counter_for_domain'], 'counter_for_nothing', 'toString'] },
  ],
  ['/domain/add', () => ({ domain: 'wrong.example' }), { domain: [7, true, ['a.example'], {}, 'a b'] }],
  ['/domain/update', () => ({ id: domain }), { id: ['abc', 1.5, 0, -1, true, [1], {}, '1e3', 2 ** 60] }],
  ['/domain/delete', () => ({ id: domain }), { id: ['abc', 1.5, 0, -1, true, [1], {}, '0x1', 2 ** 60] }],
  [
    '/process/add',
    () => ({ process: 'wrong.exe', signature: '*' }),
    { process: [7, true, ['a.exe'], {}], signature: [7, false, ['*'], {}, 'sha256:short'] },
  ],
  ['/process/update', () => ({ id: process }), { id: ['abc', 1.5, 0, -1, true, [1], {}] }],
  ['/process/delete', () => ({ id: process }), { id: ['abc', 1.5, 0, -1, true, [1], {}] }],
];
const CASES = REQUIRED.flatMap(([path, fields, wrong]) =>
  Object.entries(wrong).map(([field, values]) => ({ path, field, fields, values })),
);

function expectRefused({ httpStatus, body }: Answer<unknown>, field: string, what: string): void {
  expect(body, what).toMatchObject({ status: 1, msg: expect.any(String) as string });
  expect(body.errors?.map((fault) => fault.field).join(), what).toContain(field);
  expect(httpStatus, what).toBeGreaterThanOrEqual(400);
  expect(httpStatus, what).toBeLessThan(500);
}

describe.each(CASES)('$path refuses by name', ({ path, field, fields, values }) => {
  const without = (): object => ({ ...fields(), [field]: undefined });
  const cases: [string, () => object][] = [
    ['a missing', without],
    ['an empty', () => ({ ...fields(), [field]: '' })],
    ['a null', () => ({ ...fields(), [field]: null })],
    ['an operator-like', () => ({ ...fields(), [field]: { $gt: '' } })],
    ['another operator-like', () => ({ ...fields(), [field]: { $ne: null } })],
    ...values.map((value): [string, () => object] => [
      `${JSON.stringify(value)} as`,
      () => ({ ...fields(), [field]: value }),
    ]),
  ];

  test.each(cases)(`%s ${field}, and nothing is written`, async (what, wrong) => {
    const before = await http.get('/counter/list');
    expectRefused(await http.post(path, wrong()), field, what);
    expect((await http.get('/counter/list')).text).toBe(before.text);
  });

  test(`an unknown field beside ${field}`, async () => {
    expectRefused(await http.post(path, { ...fields(), nobody: 1 }), 'nobody', 'JSON');
    expectRefused(await http.post(path, { ...fields(), $where: '1' }), '$where', 'JSON');
    expectRefused(await send(path, { ...fields(), nobody: 1 }, 'form'), 'nobody', 'form');
    expectRefused(await http.post(`${path}?nobody=1`, fields()), 'nobody', 'query');
  });

  test(`a form with a missing, empty, operator-like or repeated ${field}`, async () => {
    const valid = Object.fromEntries(Object.entries(fields()).filter(([name]) => name !== field));
    expectRefused(await send(path, valid, 'form'), field, 'missing');
    expectRefused(await send(path, { ...valid, [field]: '' }, 'form'), field, 'empty');
    expectRefused(await send(path, { ...valid, [`${field}[$gt]`]: '' }, 'form'), field, 'operator');
    expectRefused(await http.post(path, `${field}=1&${field}=2`, FORM), field, 'twice');
  });
});

describe.each(['/domain/list', '/process/list'])('%s', (path) => {
  test.each([
    'id=',
    'id=abc',
    'id=0',
    'id=-1',
    'id=1.5',
    'id=1&id=2',
    'id[$gt]=',
    'id={"$gt":""}',
    'id=null',
  ])('refuses %s and names id', async (query) =>
    expectRefused(await http.get(`${path}?${encodeURI(query)}`), 'id', query),
  );

  test('refuses an unknown key of the query', async () => {
    expectRefused(await http.get(`${path}?nobody=1`), 'nobody', 'alone');
    expectRefused(await http.get(`${path}?$where=1`), '$where', 'operator');
  });
});

test('an optional field of a wrong kind is refused by its name', async () => {
  for (const [field, value] of [
    ['match', 'most'],
    ['action', { $gt: '' }],
    ['comment', 7],
    ['source', ''],
    ['enabled', 'perhaps'],
    ['expires_at', 'tomorrow'],
    ['force', { $ne: true }],
  ] as const) {
    expectRefused(await http.post('/domain/add', { domain: 'other.example', [field]: value }), field, field);
    expectRefused(await http.post('/domain/update', { id: domain, [field]: value }), field, field);
  }
});

test('with EGG_LEGACY_STATUS=1 the errors of these routes come with 200, and those of others do not', async () => {
  for (const { path, field } of CASES) {
    const { httpStatus, body } = await legacy.http.post(path, { [field]: { $gt: '' } });
    expect({ httpStatus, status: body.status }, path).toEqual({ httpStatus: 200, status: 1 });
    expect(
      body.errors?.map((fault) => fault.field),
      path,
    ).toContain(field);
  }
  const { httpStatus, body } = await legacy.http.get('/domain/list?id=9');
  expect([httpStatus, body.status, body.code]).toEqual([200, 1, 'NOT_FOUND']);
  expect((await legacy.http.get('/domain/changes?since=9')).httpStatus).toBe(400);
  expect((await legacy.http.get('/no/such/route')).httpStatus).toBe(404);
});
