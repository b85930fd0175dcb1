// Files over HTTP and gRPC: what is uploaded in any way comes back, byte for byte, and what is not wanted leaves nothing behind.

import { gzipSync } from 'node:zlib';
import { afterAll, expect, test, vi } from 'vitest';
import { loadContract } from '@egg/contract';
import { connect } from '@egg/rpc';
import { quiet, startStack, WITHIN } from '@egg/testing';
import {
  BOUNDARY,
  type FileRecord,
  filesStage,
  form,
  NOTHING,
  randomBytes,
  sha256Of,
} from './files-stage.ts';

const stack = await startStack({ blocklists: 0, eggs: 2 });
const stage = await filesStage(stack);
const { http } = stack;

const contract = loadContract();
const service = contract.service('egg.eggs.v1.FileService');
const channel = connect({ address: stack.address('eggs'), log: quiet });
afterAll(() => channel.close());

/** Deletes all files, and waits until nothing is kept of their content. */
async function clear(): Promise<void> {
  const { body } = await http.get<FileRecord[]>('/file/list?limit=1000');
  for (const { id } of body.data) await http.post('/file/delete', { id });
  await vi.waitFor(async () => expect(await stage.kept()).toEqual(NOTHING), WITHIN);
}

function method(name: string) {
  const found = service.methods.find((one) => one.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

test('a raw body is kept under the name in the query, and comes back as it was', async () => {
  const bytes = randomBytes(700_001);
  const { httpStatus, body } = await stage.send(
    `/file/add?name=tool&sha256=${sha256Of(bytes).toUpperCase()}`,
    bytes,
  );
  expect(httpStatus).toBe(200);
  expect(body.data).toMatchObject({ name: 'tool', sha256: sha256Of(bytes), size: 700_001 });
  const got = await stage.get(`/file/download?id=${body.data.id}`);
  expect(got.httpStatus).toBe(200);
  expect(sha256Of(got.bytes)).toBe(sha256Of(bytes));
  expect(Object.fromEntries(got.headers)).toMatchObject({
    etag: `"${sha256Of(bytes)}"`,
    'accept-ranges': 'bytes',
    'content-length': '700001',
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment; filename=tool',
    'last-modified': new Date(body.data.updated_at).toUTCString(),
    'cache-control': 'private, no-cache',
  });
  expect(got.headers.has('content-encoding')).toBe(false);
  expect(await stage.usersOf(sha256Of(bytes))).toEqual([`files:${body.data.id}@${body.data.revision}`]);
});

test('a raw body may come compressed', async () => {
  const bytes = Buffer.from('again and again '.repeat(1000));
  const { body } = await stage.send('/file/add?name=a', gzipSync(bytes), { 'content-encoding': 'gzip' });
  expect(body.data.sha256).toBe(sha256Of(bytes));
});

test('a form has its fields before or after the file, and whatever name for it', async () => {
  const bytes = randomBytes(300_000);
  const sha256 = sha256Of(bytes);
  const name = { name: 'name', value: 'näme' };
  const sum = { name: 'sha256', value: sha256 };
  for (const parts of [
    [name, sum, { name: 'file', filename: 'x', value: bytes }],
    [{ name: 'content', filename: 'C:\\dir\\x', value: bytes }, sum, name],
    [name, { name: 'whatever', filename: '', value: bytes }, sum],
  ]) {
    const { body } = await stage.sendForm(form(...parts));
    expect(body).toMatchObject({ status: 0, data: { name: 'näme', sha256, size: 300_000 } });
  }
  const both = await stage.sendForm(
    form({ name: 'file', filename: 'x', value: bytes }),
    `?name=q&sha256=${sha256}`,
  );
  expect(both.body.data).toMatchObject({ name: 'q' });
});

test("a form's file gives the name where no field does", async () => {
  for (const [filename, name] of [
    ['plain.txt', 'plain.txt'],
    ['C:\\Users\\me\\ünï.txt', 'ünï.txt'],
    ['/etc/../passwd', 'passwd'],
    ['a%22b', 'a"b'],
  ] as const) {
    const { body } = await stage.sendForm(form({ name: 'file', filename, value: 'x' }));
    expect(body).toMatchObject({ status: 0, data: { name } });
  }
  const nameless = await stage.sendForm(form({ name: 'file', filename: '', value: 'x' }));
  expect(nameless.body).toMatchObject({
    code: 'INVALID_ARGUMENT',
    errors: [{ field: 'name', reason: 'is required' }],
  });
});

test('what a form must not hold is refused by name, and nothing is kept', async () => {
  await clear();
  const file = { name: 'file', filename: 'f', value: randomBytes(600_000) };
  const cases: [Buffer, object][] = [
    [form(file, { ...file, name: 'other' }), { field: 'other', reason: 'is a second file' }],
    [
      form(file, { name: 'colour', value: 'red' }),
      { field: 'colour', reason: 'is not a field of this request' },
    ],
    [
      form({ name: 'name', value: 'a' }, file, { name: 'name', value: 'a' }),
      { field: 'name', reason: 'is given more than once' },
    ],
    [
      form({ name: 'name', value: 'a'.repeat(5000) }, file),
      { field: 'name', reason: 'is longer than 4096 bytes' },
    ],
    [form({ name: 'name', value: 'a'.repeat(256) }, file), { field: 'name' }],
    [form({ name: 'name', value: '' }, file), { field: 'name' }],
    [form({ name: 'name', value: Buffer.from([0xff]) }, file), { field: 'name', reason: 'is not UTF-8' }],
    [form(file, { name: 'name', value: 'a\r\nb' }), { field: 'name' }],
    [form({ name: 'content', value: 'x' }), { field: 'content', reason: 'has to be a file' }],
    [
      form({ ...file, headers: 'Content-Transfer-Encoding: base64\r\n' }),
      { field: 'file', reason: 'must not be encoded as base64' },
    ],
    [form(file, { name: 'sha256', value: 'a'.repeat(64) }), { field: 'sha256' }],
    [form(...Array.from({ length: 21 }, (_, n) => ({ name: `f${n}`, value: '' }))), { field: 'f0' }],
    [form({ name: 'name', value: 'a' }), { reason: 'the form has no file' }],
    [form(file).subarray(0, -30), { field: 'file', reason: 'breaks off' }],
    [Buffer.from('no form at all'), { reason: 'the body is no form, or breaks off' }],
    [
      Buffer.from(`--${BOUNDARY}\r\nnothing\r\n--${BOUNDARY}--\r\n`),
      { reason: 'a part of the form has no headers' },
    ],
    [
      Buffer.from(`--${BOUNDARY}\r\nContent-Type: a/b\r\n\r\nx\r\n--${BOUNDARY}--\r\n`),
      { reason: 'a part of the form has no Content-Disposition that names it' },
    ],
  ];
  for (const [body, error] of cases) {
    const answer = await stage.sendForm(body);
    expect(answer).toMatchObject({ httpStatus: 400, body: { code: 'INVALID_ARGUMENT', errors: [error] } });
  }
  const twice = await stage.sendForm(form(file, { name: 'name', value: 'a' }), '?name=a');
  expect(twice.body.errors).toEqual([{ field: 'name', reason: 'is given more than once' }]);
  await vi.waitFor(async () => expect(await stage.kept()).toEqual(NOTHING), WITHIN);
});

test('what is no form where one is meant, or is one where none is, is refused', async () => {
  const as = (type: string) => stage.send('/file/add?name=a', Buffer.from('x'), { 'content-type': type });
  expect(await as('multipart/mixed; boundary=x')).toMatchObject({ httpStatus: 415 });
  expect(await as('multipart/form-data')).toMatchObject({
    httpStatus: 400,
    body: { errors: [{ reason: 'the form has no boundary' }] },
  });
  const list = await stage.send('/domain/import', Buffer.from('x'), {
    'content-type': 'multipart/form-data; boundary=x',
  });
  expect(list.httpStatus).toBe(415);
});

test('a content that is not the one that was meant is refused, and so is one without a name', async () => {
  await clear();
  const bytes = randomBytes(600_000);
  expect(await stage.send(`/file/add?name=a&sha256=${'0'.repeat(64)}`, bytes)).toMatchObject({
    httpStatus: 400,
    body: { code: 'INVALID_ARGUMENT', errors: [{ field: 'sha256' }] },
  });
  expect(await stage.send('/file/add', bytes)).toMatchObject({
    httpStatus: 400,
    body: { errors: [{ field: 'name', reason: 'is required' }] },
  });
  expect(await stage.send('/file/add?nom=a', bytes)).toMatchObject({ body: { errors: [{ field: 'nom' }] } });
  await vi.waitFor(async () => expect(await stage.kept()).toEqual(NOTHING), WITHIN);
  expect((await http.get<FileRecord[]>('/file/list')).body.data).toEqual([]);
});

test('an upload that breaks off leaves nothing, raw or as a form', async () => {
  await clear();
  const bytes = randomBytes(3_000_000);
  const raw = 'POST /file/add?name=a HTTP/1.1\nHost: localhost\nContent-Length: 9000000\n\n';
  const asForm = `POST /file/add HTTP/1.1\nHost: localhost\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\nContent-Length: 9000000\n\n`;
  for (const [head, part] of [
    [raw, bytes],
    [asForm, form({ name: 'file', filename: 'f', value: bytes }).subarray(0, 2_900_000)],
  ] as const) {
    const breakOff = await stage.begin(head, part);
    await vi.waitFor(async () => expect((await stage.kept()).chunks).toBeGreaterThan(8), WITHIN);
    breakOff();
    await vi.waitFor(async () => expect(await stage.kept()).toEqual(NOTHING), WITHIN);
  }
  expect((await http.get<FileRecord[]>('/file/list')).body.data).toEqual([]);
});

test('two halves by Range are the whole, and every kind of range is what HTTP says', async () => {
  const bytes = randomBytes(1_000_000);
  const { id, sha256, updated_at } = await stage.add(bytes);
  const path = `/file/download?id=${id}`;
  const ranged = (range: string, headers: Record<string, string> = {}) =>
    stage.get(path, { range, ...headers });
  const [one, two] = [await ranged('bytes=0-499999'), await ranged('bytes=500000-')];
  expect([one.httpStatus, two.httpStatus]).toEqual([206, 206]);
  expect(one.headers.get('content-range')).toBe('bytes 0-499999/1000000');
  expect(two.headers.get('content-length')).toBe('500000');
  expect(sha256Of(Buffer.concat([one.bytes, two.bytes]))).toBe(sha256);
  const tail = await ranged('bytes=-10');
  expect(tail.headers.get('content-range')).toBe('bytes 999990-999999/1000000');
  expect(tail.bytes).toEqual(bytes.subarray(-10));
  expect((await ranged('bytes=999999-2000000')).bytes).toEqual(bytes.subarray(-1));
  expect((await ranged('bytes=-99999999')).headers.get('content-range')).toBe('bytes 0-999999/1000000');
  for (const range of [
    'bytes=1000000-',
    'bytes=-0',
    'bytes=1000000-1000001',
    'bytes=99999999999999999999-',
  ]) {
    const behind = await ranged(range);
    expect([behind.httpStatus, behind.headers.get('content-range')]).toEqual([416, 'bytes */1000000']);
    expect(JSON.parse(behind.bytes.toString())).toMatchObject({
      status: 1,
      code: 'OUT_OF_RANGE',
      errors: [{ field: 'Range' }],
    });
  }
  for (const range of ['bytes=5-2', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=a-b', 'bytes=-', 'nonsense']) {
    const all = await ranged(range);
    expect([all.httpStatus, all.headers.get('content-length')]).toEqual([200, '1000000']);
  }
  const meant = async (ifRange: string) => (await ranged('bytes=0-9', { 'if-range': ifRange })).httpStatus;
  expect(await meant(`"${sha256}"`)).toBe(206);
  expect(await meant(`W/"${sha256}"`)).toBe(200);
  expect(await meant('"another"')).toBe(200);
  expect(await meant(new Date(Date.parse(updated_at) - 5000).toUTCString())).toBe(200);
  await vi.waitFor(async () => expect(await meant(new Date(updated_at).toUTCString())).toBe(206), {
    timeout: 20_000,
    interval: 200,
  });
  expect((await stage.get(`${path}&offset=-5&length=2`)).bytes).toEqual(bytes.subarray(-5, -3));
});

test('who has the content is told so, and HEAD tells what would come', async () => {
  const bytes = randomBytes(70_000);
  const { id, sha256, updated_at } = await stage.add(bytes);
  const path = `/file/download?id=${id}`;
  for (const headers of [
    { 'if-none-match': `"${sha256}"` },
    { 'if-none-match': `"x", W/"${sha256}"`, range: 'bytes=0-1' },
    { 'if-none-match': '*' },
    { 'if-modified-since': new Date(updated_at).toUTCString() },
  ] as Record<string, string>[]) {
    const known = await stage.get(path, headers);
    expect([known.httpStatus, known.bytes.length, known.headers.get('etag')]).toEqual([
      304,
      0,
      `"${sha256}"`,
    ]);
  }
  expect((await stage.get(path, { 'if-none-match': '"x"' })).httpStatus).toBe(200);
  expect(
    (await stage.get(path, { 'if-none-match': '"x"', 'if-modified-since': new Date().toUTCString() }))
      .httpStatus,
  ).toBe(200);
  const head = await stage.get(path, { range: 'bytes=0-1' }, 'HEAD');
  expect([head.httpStatus, head.bytes.length, head.headers.get('content-length')]).toEqual([200, 0, '70000']);
  expect((await stage.get('/file/download?id=999999')).httpStatus).toBe(404);
  expect((await stage.get('/file/download?id=999999', {}, 'HEAD')).httpStatus).toBe(404);
});

test('no name of a file breaks out of the header that says it', async () => {
  const of = async (name: string) => {
    const { id } = await stage.add(Buffer.from('x'), name);
    return (await stage.get(`/file/download?id=${id}`)).headers.get('content-disposition');
  };
  expect(await of('a b.txt')).toBe('attachment; filename="a b.txt"');
  expect(await of('a"; filename=b\\')).toBe('attachment; filename="a\\"; filename=b\\\\"');
  expect(await of('ключ €.bin')).toBe(
    'attachment; filename="???? ?.bin"; filename*=UTF-8\'\'%D0%BA%D0%BB%D1%8E%D1%87%20%E2%82%AC.bin',
  );
  expect(await of('dir/inner.txt')).toBe('attachment; filename=inner.txt');
  for (const name of ['dir/', '..', 'dir/..']) expect(await of(name)).toBe('attachment; filename=file');
  for (const name of ['a\r\nSet-Cookie: x=1', 'a\u0000b']) {
    const refused = await stage.send(`/file/add?name=${encodeURIComponent(name)}`, Buffer.from('x'));
    expect(refused).toMatchObject({ httpStatus: 400, body: { errors: [{ field: 'name' }] } });
  }
});

test('an empty file is a file', async () => {
  const { body } = await stage.send('/file/add?name=empty', Buffer.alloc(0));
  expect(body.data).toMatchObject({ size: 0, sha256: sha256Of(Buffer.alloc(0)) });
  const asForm = await stage.sendForm(form({ name: 'file', filename: 'none', value: '' }));
  expect(asForm.body.data).toMatchObject({ name: 'none', size: 0 });
  const got = await stage.get(`/file/download?id=${body.data.id}`);
  expect([got.httpStatus, got.headers.get('content-length'), got.bytes.length]).toEqual([200, '0', 0]);
  expect((await stage.get(`/file/download?id=${body.data.id}`, { range: 'bytes=0-' })).httpStatus).toBe(416);
});

test('the same content of many at once is stored once, and goes with its last file', async () => {
  await clear();
  const bytes = randomBytes(600_000);
  const files = await Promise.all(Array.from({ length: 8 }, (_, n) => stage.add(bytes, `f${n}`)));
  expect(await stage.kept()).toEqual({ contents: 1, files: 1, chunks: 3, uploads: 0 });
  expect(
    (await http.get<FileRecord[]>(`/file/list?sha256=${sha256Of(bytes).toUpperCase()}`)).body.total,
  ).toBe(8);
  await Promise.all(files.slice(1).map(({ id }) => http.post('/file/delete', { id })));
  await vi.waitFor(async () => expect(await stage.usersOf(sha256Of(bytes))).toHaveLength(1), WITHIN);
  expect(sha256Of((await stage.get(`/file/download?id=${files[0]?.id}`)).bytes)).toBe(sha256Of(bytes));
  await http.post('/file/delete', { id: files[0]?.id });
  await vi.waitFor(async () => expect(await stage.kept()).toEqual(NOTHING), WITHIN);
  expect((await stage.get(`/file/download?id=${files[0]?.id}`)).httpStatus).toBe(404);
});

test('an upload with a key that comes again gives the first answer and stores nothing', async () => {
  await clear();
  const bytes = randomBytes(300_000);
  const headers = { 'idempotency-key': 'k1' };
  const first = await stage.send('/file/add?name=a', bytes, headers);
  const again = await stage.sendForm(
    form({ name: 'name', value: 'a' }, { name: 'f', filename: '', value: bytes }),
    '',
    headers,
  );
  expect(again.body.data).toEqual(first.body.data);
  await vi.waitFor(async () => expect(await stage.usersOf(sha256Of(bytes))).toHaveLength(1), WITHIN);
  for (const [path, body] of [
    ['/file/add?name=b', bytes],
    ['/file/add?name=a', randomBytes(5)],
  ] as const) {
    expect(await stage.send(path, body, headers)).toMatchObject({
      httpStatus: 409,
      body: { code: 'ALREADY_EXISTS' },
    });
  }
  await vi.waitFor(
    async () => expect(await stage.kept()).toMatchObject({ contents: 1, files: 1, uploads: 0 }),
    WITHIN,
  );
  expect((await http.get<FileRecord[]>('/file/list')).body.total).toBe(1);
});

test('an update changes the name and nothing else', async () => {
  const { id, sha256 } = await stage.add(randomBytes(10));
  const { body } = await http.post<FileRecord>('/file/update', { id, name: 'better' });
  expect(body.data).toMatchObject({ id, name: 'better', sha256, size: 10 });
  expect((await http.post('/file/update', { id, sha256: '0'.repeat(64) })).httpStatus).toBe(400);
});

test('over gRPC the fields come in any message, and parts by offset and length', async () => {
  const bytes = randomBytes(500_000);
  const add = method('Add');
  const upload = (...messages: object[]) =>
    channel.clientStream(
      add,
      (async function* () {
        for (const message of messages) yield add.request.encode(message);
      })(),
    );
  const reply = await upload(
    { content: bytes.subarray(0, 7) },
    { content: bytes.subarray(7), sha256: sha256Of(bytes) },
    { name: 'late' },
  );
  const { data } = add.reply.decodeReply(reply) as { data: FileRecord };
  expect(data).toMatchObject({ name: 'late', sha256: sha256Of(bytes), size: 500_000 });
  await expect(upload({ name: 'a' }, { name: 'a' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    violations: [{ field: 'name', reason: 'is given more than once' }],
  });
  await expect(upload()).rejects.toMatchObject({ violations: [{ field: 'name', reason: 'is required' }] });

  const get = method('Download');
  const download = async (request: object) => {
    const replies: { head?: object; content?: Uint8Array }[] = [];
    for await (const one of channel.serverStream(get, get.request.encode({ id: data.id, ...request }))) {
      replies.push(get.reply.decodeReply(one));
    }
    return {
      head: replies[0]?.head,
      sizes: replies.slice(1).map(({ content }) => content?.length ?? 0),
      bytes: Buffer.concat(replies.flatMap(({ content }) => content ?? [])),
    };
  };
  const all = await download({});
  expect(all.bytes.equals(bytes)).toBe(true);
  expect(Math.max(...all.sizes)).toBeLessThanOrEqual(256 * 1024);
  expect((await download({ offset: -3 })).bytes).toEqual(bytes.subarray(-3));
  expect(await download({ offset: 600_000 })).toMatchObject({
    head: { size: 500_000, offset: 500_000, length: 0 },
    sizes: [],
  });
});
