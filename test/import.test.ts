// A list over the whole way: from a client's stream through the gateway into the table, out again, and back in time. What breaks on
// the way can be sent again.

import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type DomainEntry, startStack } from '@egg/testing';

const stack = await startStack();
const { http } = stack;

interface ImportResult {
  added: number;
  existing: number;
  removed: number;
  refused: number;
  errors: { line: number; reason: string }[];
  counter: number;
}

interface Sent {
  status: number;
  type: string;
  text: string;
}

type Body = Iterable<string | Buffer> | AsyncIterable<string | Buffer>;

/** Sends a body as it comes, as curl does with a pipe. */
function send(path: string, body: Body, headers: Record<string, string> = {}): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${http.url}${path}`, { method: 'POST', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', text }),
      );
      answer.on('error', reject);
    });
    pipeline(Readable.from(body), request).catch(reject);
  });
}

function result({ text }: Sent): ImportResult {
  return (JSON.parse(text) as { data: ImportResult }).data;
}

function* lines(count: number, name: (n: number) => string): Generator<string> {
  for (let n = 0; n < count; n += 500) {
    let text = '';
    for (let i = n; i < Math.min(n + 500, count); i++) text += `${name(i)}\n`;
    yield text;
  }
}

async function counter(): Promise<number> {
  const { body } = await http.get<{ value: number }[]>('/counter/list?field=counter_for_domain');
  return body.data[0]?.value ?? 0;
}

async function total(source: string): Promise<number> {
  const text = await (await fetch(`${http.url}/domain/export?source=${source}`)).text();
  return text === '' ? 0 : text.trimEnd().split('\n').length;
}

test('a list of any size goes in as a stream and comes out as one', async () => {
  const COUNT = 20_000;
  const sent = await send(
    '/domain/import?format=adblock&source=stream',
    lines(COUNT, (n) => `||n${n}.stream.example^`),
    {
      'content-type': 'text/plain',
    },
  );
  expect(sent.status).toBe(200);
  expect(result(sent)).toMatchObject({ added: COUNT, existing: 0, removed: 0, refused: 0, errors: [] });
  expect(await counter()).toBe(result(sent).counter);

  const exported = await fetch(`${http.url}/domain/export?format=adblock&source=stream`);
  expect(exported.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  const rules = (await exported.text()).split('\n').filter((line) => line.startsWith('||'));
  expect(rules.sort()).toEqual(Array.from({ length: COUNT }, (_, n) => `||n${n}.stream.example^`).sort());
  const records = await fetch(`${http.url}/domain/export?source=stream`);
  expect(records.headers.get('content-type')).toContain('application/x-ndjson');
  await records.body?.cancel();

  const check = await http.post<{ blocked: boolean }>('/domain/check', { domain: 'a.n7.stream.example' });
  expect(check.body.data).toMatchObject({ blocked: true });
}, 120_000);

test('a client that asks for events sees how far it is, and then the result', async () => {
  async function* slow(): AsyncGenerator<string> {
    for (const piece of lines(2000, (n) => `n${n}.slow.example`)) {
      yield piece;
      await delay(700);
    }
    yield 'bad..example\n';
  }
  const { type, text } = await send('/domain/import?source=slow', slow(), { accept: 'text/event-stream' });
  expect(type).toContain('text/event-stream');
  const events = text
    .trimEnd()
    .split('\n\n')
    .map((event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      return { name, data: JSON.parse(data ?? '') as Record<string, unknown> };
    });
  expect(events.length).toBeGreaterThan(1);
  expect(events.slice(0, -1).every(({ name }) => name === 'progress')).toBe(true);
  expect(Object.keys(events[0]?.data ?? {})).toEqual(['lines', 'added', 'existing', 'removed', 'refused']);
  expect(events.at(-1)).toMatchObject({
    name: 'result',
    data: {
      status: 0,
      data: { added: 2000, refused: 1, errors: [{ line: 2001, reason: 'domain has an empty label' }] },
    },
  });
}, 60_000);

test('what is wrong with the request is said at once, also while the body still comes', async () => {
  const endless = async function* (): AsyncGenerator<string> {
    for (let n = 0; n < 40; n++) {
      yield `n${n}.endless.example\n`;
      await delay(20);
    }
  };
  for (const [query, field] of [
    ['mode=replace', 'source'],
    ['format=zip', 'format'],
    ['restore=true', 'restore'],
    ['content=x', 'content'],
    ['nope=1', 'nope'],
  ] as const) {
    for (const headers of [{}, { accept: 'text/event-stream' }] as Record<string, string>[]) {
      const { status, text } = await send(`/domain/import?${query}`, endless(), headers);
      expect([query, status, JSON.parse(text)]).toMatchObject([
        query,
        400,
        { status: 1, errors: [{ field }] },
      ]);
    }
  }
  expect(
    (await send('/domain/import', ['x'], { 'content-type': 'multipart/form-data; boundary=x' })).status,
  ).toBe(415);
  expect((await send('/domain/import', ['x'], { 'content-encoding': 'br' })).status).toBe(415);
  expect((await send('/domain/import', ['no gzip'], { 'content-encoding': 'gzip' })).status).toBe(400);
}, 60_000);

test('a compressed list, and one in the form that curl sends by itself', async () => {
  const zipped = await send('/domain/import?source=zip', [gzipSync('a.zip.example\nb.zip.example\n')], {
    'content-encoding': 'gzip',
  });
  expect(result(zipped)).toMatchObject({ added: 2 });
  const form = await send('/domain/import?source=zip', ['c.zip.example'], {
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect(result(form)).toMatchObject({ added: 1 });
  expect(result(await send('/domain/import?source=zip', []))).toMatchObject({ added: 0, refused: 0 });
});

test('an import whose service is killed in the middle, or whose client goes away, ends the same when it is sent again', async () => {
  const COUNT = 30_000;
  const name = (n: number): string => `n${n}.killed.example`;
  async function* slowly(): AsyncGenerator<string> {
    for (const piece of lines(COUNT, name)) {
      yield piece;
      await delay(150);
    }
  }
  const killed = send('/domain/import?source=killed', slowly()).catch(() => undefined);
  const before = await counter();
  while ((await counter()) < before + 2) await delay(20);
  await stack.kill('blocklists-1');
  const broken = await killed;
  expect(broken?.status).not.toBe(200);
  await stack.restart('blocklists-1');

  const gone = httpRequest(`${http.url}/domain/import?source=killed`, { method: 'POST' });
  gone.on('error', () => {});
  const leaving = pipeline(Readable.from(slowly()), gone).catch(() => undefined);
  await delay(1500);
  gone.destroy();
  await leaving;

  const again = result(await send('/domain/import?source=killed', lines(COUNT, name)));
  expect(again.added + again.existing).toBe(COUNT);
  expect(again.existing).toBeGreaterThan(0);
  expect(await total('killed')).toBe(COUNT);
}, 180_000);

test('a table goes back to what it was, and a list of processes goes its own way', async () => {
  const before = await http.get<DomainEntry[]>('/domain/list?limit=1000&source=zip');
  const value = await counter();
  await send('/domain/import?source=zip&mode=replace', ['@@||a.zip.example^\n']);
  expect(await total('zip')).toBe(1);
  const reverted = await http.post<{ added: number; removed: number; changed: number; revision: number }>(
    '/domain/revert',
    { revision: value },
  );
  expect(reverted.body.data).toMatchObject({ added: 3, removed: 1, changed: 0 });
  const after = await http.get<DomainEntry[]>('/domain/list?limit=1000&source=zip');
  const kept = (rows: readonly DomainEntry[]) => rows.map(({ id, domain }) => [id, domain]);
  expect(kept(after.body.data)).toEqual(kept(before.body.data));
  expect((await http.post('/domain/revert', { revision: 1e9 })).body.code).toBe('OUT_OF_RANGE');
  expect((await http.get('/domain/export?revision=1000000000')).body.code).toBe('OUT_OF_RANGE');

  const record = { process: 'evil.exe', signature: '*', sources: ['ours'] };
  const processes = await send('/process/import', [`${JSON.stringify(record)}\nnot json\n`]);
  expect(result(processes)).toMatchObject({
    added: 1,
    refused: 1,
    errors: [{ line: 2, reason: 'is not JSON' }],
  });
  const text = await (await fetch(`${http.url}/process/export`)).text();
  expect(JSON.parse(text)).toMatchObject(record);
});
