// What comes over the wire and is no proper request: answered in the envelope where it can be, and never taken for another one.

import { afterAll, beforeEach, expect, test } from 'vitest';
import { domainBlock } from './fake-channel.ts';
import { dial, exchange, listening } from './listening.ts';

const ADD = '/egg.blocklists.v1.DomainBlockService/Add';
const fake = await listening();
const { channel, port } = fake;
afterAll(() => fake[Symbol.asyncDispose]());
beforeEach(() => {
  channel.calls.length = 0;
  channel.on(ADD, ({ request }) => ({ data: domainBlock(1, request) }));
});

const JSON_TYPE = 'Content-Type: application/json';

/** Joins header lines and a body. */
function raw(lines: string[], body: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from([...lines, '', ''].join('\r\n'), 'latin1'), Buffer.from(body)]);
}

/** The status and the body of the first answer. */
async function send(
  text: Buffer,
): Promise<{ status: number; headers: string; body: Record<string, unknown> }> {
  const all = await exchange(port, text);
  const end = all.indexOf('\r\n\r\n');
  const body = JSON.parse(all.slice(end + 4)) as Record<string, unknown>;
  return { status: Number(all.slice(9, 12)), headers: all.slice(0, end).toLowerCase(), body };
}

const good = '{"domain":"a.example"}';

test('a request as it should be', async () => {
  const answer = await send(
    raw(
      [
        'POST /domain/add HTTP/1.1',
        'Host: localhost',
        JSON_TYPE,
        `Content-Length: ${good.length}`,
        'Connection: close',
      ],
      good,
    ),
  );
  expect(answer.status).toBe(200);
});

test.each([
  [
    'two ways to say its length',
    ['Host: localhost', JSON_TYPE, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
    '0\r\n\r\nGET /',
  ],
  ['two lengths', ['Host: localhost', JSON_TYPE, 'Content-Length: 22', 'Content-Length: 2'], good],
  ['a length that is none', ['Host: localhost', JSON_TYPE, 'Content-Length: +22'], good],
  [
    'an unknown transfer encoding',
    ['Host: localhost', JSON_TYPE, 'Transfer-Encoding: chunked, identity'],
    good,
  ],
  [
    'a chunk size that is none',
    ['Host: localhost', JSON_TYPE, 'Transfer-Encoding: chunked'],
    'zz\r\n{}\r\n0\r\n\r\n',
  ],
  ['a space before the colon', ['Host: localhost', 'Content-Length : 22', JSON_TYPE], good],
  ['a folded header', ['Host: localhost', 'X-A: b', ' c', JSON_TYPE, 'Content-Length: 22'], good],
  ['a NUL in a header', ['Host: localhost', 'X-A: a\0b', JSON_TYPE, 'Content-Length: 22'], good],
])('%s is no request', async (_name, headers, body) => {
  const answer = await send(raw(['POST /domain/add HTTP/1.1', ...headers], body));
  expect(answer.status).toBe(400);
  expect(answer.headers).toContain('connection: close');
  expect(answer.headers).toMatch(/x-request-id: [0-9a-f-]{36}/);
  expect(answer.body).toMatchObject({ status: 1, code: 'INVALID_ARGUMENT' });
  expect(channel.calls).toHaveLength(0);
});

test('the longest query that a field takes, percent-encoded, fits', async () => {
  channel.on('/egg.blocklists.v1.ProcessBlockService/List', () => ({
    data: [],
    total: 0,
    total_exact: true,
  }));
  const q = encodeURIComponent('\u{1f95a}').repeat(4096);
  const answer = await send(
    raw([`GET /process/list?q=${q} HTTP/1.1`, 'Host: localhost', 'Connection: close']),
  );
  expect(answer.status).toBe(200);
});

test('noise is no request', async () => {
  const answer = await send(Buffer.from('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'));
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ status: 1 });
});

test('headers that are too large are refused', async () => {
  const answer = await send(
    raw(['GET /domain/list HTTP/1.1', 'Host: localhost', `X-A: ${'a'.repeat(100_000)}`]),
  );
  expect(answer.status).toBe(431);
  expect(answer.body).toMatchObject({ status: 1, code: 'INVALID_ARGUMENT' });
});

test.each([
  [['Host:']],
  [['Host: evil.example']],
  [['Host: localhost', ...Array.from({ length: 2500 }, () => 'a:'), 'Origin: http://evil.example']],
])('the open mode looks at the Host and at every header: %#', async (headers) => {
  const answer = await send(raw(['GET /domain/list HTTP/1.1', 'Connection: close', ...headers]));
  expect(answer.status).toBe(403);
  expect(answer.body).toMatchObject({ code: 'PERMISSION_DENIED' });
});

test.each([
  ['no Host', []],
  ['two Hosts', ['Host: localhost', 'host: evil.example']],
  ['the same Host twice', ['Host: localhost', 'Host: localhost']],
])('%s is an error in the envelope', async (_name, headers) => {
  const answer = await send(raw(['GET /domain/list HTTP/1.1', 'Connection: close', ...headers]));
  expect(answer.status).toBe(400);
  expect(answer.headers).toContain('x-request-id');
  expect(answer.body).toMatchObject({ status: 1, code: 'INVALID_ARGUMENT' });
});

test('an expectation that nobody knows is passed over', async () => {
  const answer = await send(
    raw(['GET /healthz HTTP/1.1', 'Host: localhost', 'Expect: wonders', 'Connection: close']),
  );
  expect(answer.status).toBe(200);
});

test('noise behind a request never looks like its answer', async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  channel.on(ADD, () => promise);
  const request = raw(
    ['POST /domain/add HTTP/1.1', 'Host: localhost', JSON_TYPE, `Content-Length: ${good.length}`],
    good,
  );
  const all = exchange(port, Buffer.concat([request, Buffer.from('noise\r\n\r\n')]));
  expect(await all).toBe('');
  resolve({ data: domainBlock(1) });
});

test('nesting without end is a wrong value like any other', async () => {
  const deep = `{"domain":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
  const answer = await send(
    raw(
      [
        'POST /domain/add HTTP/1.1',
        'Host: localhost',
        JSON_TYPE,
        `Content-Length: ${deep.length}`,
        'Connection: close',
      ],
      deep,
    ),
  );
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ errors: [{ field: 'domain' }] });
});

test('a target with another name than the Host is refused in the open mode', async () => {
  const answer = await send(
    raw(['GET http://evil.example/domain/list HTTP/1.1', 'Host: localhost', 'Connection: close']),
  );
  expect(answer.status).toBe(403);
});

test.each([
  ['overlong', [0xc0, 0xaf]],
  ['cut', [0xe2, 0x82]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['no start', [0x80]],
])('UTF-8 that is %s is refused, in JSON and in a form', async (_name, bytes) => {
  for (const [type, before, after] of [
    ['application/json', '{"domain":"', '"}'],
    ['application/x-www-form-urlencoded', 'domain=', ''],
  ] as const) {
    const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    const answer = await send(
      raw(
        [
          'POST /domain/add HTTP/1.1',
          'Host: localhost',
          `Content-Type: ${type}`,
          `Content-Length: ${body.length}`,
          'Connection: close',
        ],
        body,
      ),
    );
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ msg: 'the body is not UTF-8' });
  }
  expect(channel.calls).toHaveLength(0);
});

test('a character that arrives in two pieces is one character', async () => {
  const body = Buffer.from('{"domain":"bücher.example"}');
  const cut = body.indexOf(0xc3) + 1;
  const socket = await dial(port);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.write(
    raw([
      'POST /domain/add HTTP/1.1',
      'Host: localhost',
      JSON_TYPE,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ]),
  );
  socket.write(body.subarray(0, cut));
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.write(body.subarray(cut));
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  expect(Buffer.concat(received).toString()).toContain('bücher.example');
});

test('a chunked body that grows over the limit is refused while it arrives', async () => {
  const socket = await dial(port);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.write(
    raw(['POST /domain/add HTTP/1.1', 'Host: localhost', JSON_TYPE, 'Transfer-Encoding: chunked']),
  );
  const chunk = 'a'.repeat(64 * 1024);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (let count = 0; count < 20; count++) socket.write(`10000\r\n${chunk}\r\n`);
  await closed;
  expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1\.1 413 /);
  expect(Buffer.concat(received).toString()).toContain('"status":1');
});

test('two requests on one connection are two answers', async () => {
  const one = raw(
    ['POST /domain/add HTTP/1.1', 'Host: localhost', JSON_TYPE, `Content-Length: ${good.length}`],
    good,
  );
  const last = raw(['GET /healthz HTTP/1.1', 'Host: localhost', 'Connection: close']);
  const all = await exchange(port, Buffer.concat([one, last]));
  expect(all.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
});
