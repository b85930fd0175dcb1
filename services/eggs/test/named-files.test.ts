// Named files: what a name points at is fetched by the name, follows where the name is pointed, and goes back where it was.

import { expect, test, vi } from 'vitest';
import { startStack, WITHIN } from '@egg/testing';
import { filesStage, randomBytes, sha256Of } from './files-stage.ts';

interface NamedFile {
  readonly id: number;
  readonly revision: number;
  readonly name: string;
  readonly file_id: number;
}

const stack = await startStack({ blocklists: 0, eggs: 2 });
const stage = await filesStage(stack);
const { http } = stack;

let names = 0;

/** Two files, and a name that points at the first. */
async function named() {
  const contents = [randomBytes(5000), randomBytes(6000)] as const;
  const [one, two] = [await stage.add(contents[0]), await stage.add(contents[1])];
  const name = `tools/agent-${++names}`;
  const { body } = await http.post<NamedFile>('/named_file/add', { name, file_id: one.id });
  expect(body.status).toBe(0);
  return {
    name,
    path: `/named_file/download?name=${encodeURIComponent(name)}`,
    record: body.data,
    contents,
    one,
    two,
  };
}

test('a name is parts with slashes between, none of them dots alone', async () => {
  const { id: file_id } = await stage.add(randomBytes(10));
  for (const name of ['..', 'a/../b', './a', 'a/.', '/a', 'a/', 'a//b', 'a b', 'a\\b']) {
    const { body } = await http.post('/named_file/add', { name, file_id });
    expect(body.errors, name).toMatchObject([{ field: 'name' }]);
  }
  for (const name of ['.env', 'a/..b', 'v1.2/a.b+c@d_e-f'])
    expect((await http.post('/named_file/add', { name, file_id })).body.status, name).toBe(0);
});

const point = (id: number, file_id: number) => http.post<NamedFile>('/named_file/update', { id, file_id });
const revert = (id: number, revision: number, headers = {}) =>
  http.post<NamedFile>('/named_file/revert', { id, revision }, headers);

test('a name gives the content that it points at, in parts too, and at once the other when it is pointed there', async () => {
  const { path, record, contents, two } = await named();
  const got = await stage.get(path);
  expect(got.bytes.equals(contents[0])).toBe(true);
  expect(got.headers.get('etag')).toBe(`"${sha256Of(contents[0])}"`);
  expect((await stage.get(path, { range: 'bytes=-7' })).bytes).toEqual(contents[0].subarray(-7));
  await point(record.id, two.id);
  const then = await stage.get(path, { 'if-none-match': got.headers.get('etag') ?? '' });
  expect([then.httpStatus, then.bytes.equals(contents[1])]).toEqual([200, true]);
  const since =
    Date.parse(then.headers.get('last-modified') ?? '') - Date.parse(got.headers.get('last-modified') ?? '');
  expect(since).toBeGreaterThanOrEqual(0);
  const mixed = await stage.get(path, { range: 'bytes=0-9', 'if-range': got.headers.get('etag') ?? '' });
  expect([mixed.httpStatus, mixed.bytes.length]).toEqual([200, 6000]);
  expect((await stage.get('/named_file/download?name=nobody')).httpStatus).toBe(404);
  expect((await stage.get('/named_file/download')).httpStatus).toBe(400);
});

test('a name that was pointed elsewhere is pointed back, by a commit that says so', async () => {
  const { path, record, contents, one, two } = await named();
  await point(record.id, two.id);
  const { body } = await revert(record.id, record.revision);
  expect(body.data).toMatchObject({ id: record.id, file_id: one.id });
  expect((await stage.get(path)).bytes.equals(contents[0])).toBe(true);
  const history = await http.get<{ verb: string }[]>(`/named_file/history?id=${record.id}`);
  expect(history.body.data.map(({ verb }) => verb)).toEqual(['added', 'updated', 'reverted']);
  const nothingNew = await revert(record.id, record.revision);
  expect(nothingNew.body.data.revision).toBe(body.data.revision);
});

test('a name keeps the other fields that it has when it is pointed back', async () => {
  const { record, two } = await named();
  const name = `${record.name}-renamed`;
  await http.post('/named_file/update', { id: record.id, name, file_id: two.id });
  expect((await revert(record.id, record.revision)).body.data).toMatchObject({
    name,
    file_id: record.file_id,
  });
});

test('what cannot be gone back to is refused: before the name was, the future, and a file that is gone', async () => {
  const { record, one, two } = await named();
  const later = (await named()).record;
  expect(await revert(later.id, record.revision)).toMatchObject({
    httpStatus: 404,
    body: { code: 'NOT_FOUND', errors: [{ field: 'id' }] },
  });
  expect(await revert(record.id, 1e9)).toMatchObject({
    httpStatus: 400,
    body: { code: 'OUT_OF_RANGE', errors: [{ field: 'revision' }] },
  });
  expect((await revert(999_999, later.revision)).httpStatus).toBe(404);
  expect((await http.post('/named_file/revert', { id: record.id })).body.errors).toMatchObject([
    { field: 'revision' },
  ]);
  await point(record.id, two.id);
  expect((await http.post('/file/delete', { id: one.id })).httpStatus).toBe(200);
  expect(await revert(record.id, record.revision)).toMatchObject({
    httpStatus: 400,
    body: { code: 'FAILED_PRECONDITION', errors: [{ field: 'revision' }] },
  });
});

test('going back heeds If-Match and is done once for a key', async () => {
  const { record, one, two } = await named();
  const { body } = await point(record.id, two.id);
  const moved = await revert(record.id, record.revision, { 'if-match': `"${record.revision}"` });
  expect(moved.body.code).toBe('ABORTED');
  const headers = { 'if-match': `"${body.data.revision}"`, 'idempotency-key': `r${record.id}` };
  const first = await revert(record.id, record.revision, headers);
  await point(record.id, two.id);
  const again = await revert(record.id, record.revision, headers);
  expect(again.body.data).toEqual(first.body.data);
  expect(first.body.data.file_id).toBe(one.id);
});

test('a file that a name points at cannot be deleted, and its content stays; then both go', async () => {
  const { path, record, contents, one, two } = await named();
  const refused = await http.post('/file/delete', { id: one.id });
  expect(refused.body).toMatchObject({
    code: 'FAILED_PRECONDITION',
    errors: [{ reason: `is used by named_file ${record.id}` }],
  });
  expect((await stage.get(path)).bytes.equals(contents[0])).toBe(true);
  await point(record.id, two.id);
  await revert(record.id, record.revision);
  expect((await http.post('/file/delete', { id: one.id })).body.code).toBe('FAILED_PRECONDITION');
  await http.post('/named_file/delete', { id: record.id });
  for (const { id } of [one, two]) expect((await http.post('/file/delete', { id })).body.status).toBe(0);
  await vi.waitFor(async () => {
    for (const bytes of contents) expect(await stage.usersOf(sha256Of(bytes))).toEqual([]);
  }, WITHIN);
  expect((await stage.get(path)).httpStatus).toBe(404);
});
