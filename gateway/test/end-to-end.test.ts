// The gateway in front of a real gRPC server, as it is started in earnest.

import { afterAll, expect, test } from 'vitest';
import { type Handlers, invalidField, RpcError, startServer } from '@egg/rpc';
import { createLog, createMetrics, fixedAccess, parseConfig } from '@egg/service';
import { startGateway } from '../src/start.ts';
import { contract, domainBlock } from './fake-channel.ts';
import { dial } from './listening.ts';

const TOKEN = 'correct-horse-battery';
const access = fixedAccess({ adminToken: TOKEN });
const log = createLog({ service: 'gateway', level: 'fatal' });
const contexts: {
  requestId: string;
  from: string;
  caller: { name: string };
  ifMatch?: number;
  idempotencyKey?: string;
}[] = [];
let streamEnded = 0;
let lists = 0;

const handlers: Handlers = {
  Add: async (request: { domain: string; expires_at?: Date }, context) => {
    contexts.push(context);
    await Promise.resolve();
    if (request.domain === 'com') throw invalidField('domain', 'is a public suffix');
    if (request.domain === 'broken.example') throw new Error('E11000 duplicate key at /srv/store.ts');
    return { data: domainBlock(1, request) };
  },
  Update: () => Promise.reject(new RpcError('ABORTED', 'the record has moved on')),
  Delete: () => Promise.reject(new RpcError('NOT_FOUND', 'there is no such entry')),
  List: async () => {
    lists++;
    if (lists > 1) await new Promise((resolve) => setTimeout(resolve, 300));
    return { data: [domainBlock(1)], total: 1, total_exact: true };
  },
  History: () =>
    Promise.resolve({
      data: [{ revision: 1, at: new Date(0), actor: 'admin', verb: 'added', after: domainBlock(1) }],
    }),
  async *Changes({ since }: { since: number }) {
    try {
      yield { data: { log: 'L1', from: since, to: 9, snapshot: false } };
      for (let id = 1; id <= 1000; id++) yield { data: { added: [domainBlock(id)] } };
      await Promise.resolve();
      if (since === 1) throw new RpcError('INTERNAL', 'internal error');
      yield { data: { removed: [7] } };
    } finally {
      streamEnded++;
    }
  },
};

const SERVICE = 'egg.blocklists.v1.DomainBlockService';
const others = Object.fromEntries(
  contract
    .service(SERVICE)
    .methods.map(({ name }) => [name, () => Promise.reject(new RpcError('UNIMPLEMENTED', name))]),
);
const server = await startServer({
  host: '127.0.0.1',
  port: 0,
  contract,
  services: { [SERVICE]: { ...others, ...handlers } },
  authorize: access.authorize,
  log,
});
const config = parseConfig({
  EGG_HTTP_PORT: '0',
  EGG_ADMIN_TOKEN: TOKEN,
  EGG_BLOCKLISTS_PORT: String(server.port),
  EGG_EGGS_ADDRESS: `127.0.0.1:${server.port}`,
  EGG_TASKS_ADDRESS: `127.0.0.1:${server.port}`,
});
const gateway = await startGateway({
  name: 'gateway',
  config,
  contract,
  access,
  log,
  metrics: createMetrics(),
});
const url = `http://127.0.0.1:${String(gateway.ready?.['http_port'])}`;

afterAll(async () => {
  await gateway.stop();
  await server.stop({ graceMs: 100 });
});

function call(path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}${path}`, {
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
}

test('a write goes through, with what its headers say', async () => {
  const reply = await call(
    '/domain/add',
    { domain: 'a.example', expires_at: '2027-01-01T00:00:00Z' },
    { 'x-request-id': 'r-1', 'idempotency-key': 'k-1', 'if-match': '"7"' },
  );
  expect(reply.status).toBe(200);
  expect(await reply.json()).toMatchObject({
    status: 0,
    data: { id: 1, domain: 'a.example', match: 'subdomains', expires_at: '2027-01-01T00:00:00.000Z' },
  });
  expect(contexts.at(-1)).toMatchObject({
    requestId: 'r-1',
    from: '127.0.0.1',
    caller: { name: 'EGG_ADMIN_TOKEN' },
    idempotencyKey: 'k-1',
    ifMatch: 7,
  });
});

test.each([
  [
    '/domain/add',
    { domain: 'com' },
    {},
    400,
    { code: 'INVALID_ARGUMENT', errors: [{ field: 'domain', reason: 'is a public suffix' }] },
  ],
  [
    '/domain/add',
    { domain: 'broken.example' },
    {},
    500,
    { code: 'INTERNAL', msg: 'internal error', errors: [] },
  ],
  [
    '/domain/add',
    { domain: 'a.example' },
    { 'idempotency-key': 'a b' },
    400,
    { errors: [{ field: 'Idempotency-Key' }] },
  ],
  ['/domain/add', { domain: 'a.example' }, { 'if-match': 'seven' }, 400, { errors: [{ field: 'If-Match' }] }],
  ['/domain/update', { id: 1 }, {}, 409, { code: 'ABORTED' }],
  ['/domain/delete', { id: 1 }, {}, 404, { code: 'NOT_FOUND' }],
  ['/process/delete', { id: 1 }, {}, 500, { code: 'UNIMPLEMENTED' }],
])('an error of %s with %j and %j comes as it is', async (path, body, headers, status, error) => {
  const reply = await call(path, body, headers);
  expect(reply.status).toBe(status);
  const text = await reply.text();
  expect(JSON.parse(text)).toMatchObject({ status: 1, ...error });
  expect(text).not.toMatch(/E11000|srv|\.ts/);
});

test('a list and a history', async () => {
  expect(await (await call('/domain/list')).json()).toMatchObject({
    data: [{ id: 1 }],
    total: 1,
    total_exact: true,
  });
  const { data } = (await (await call('/domain/history?id=1')).json()) as { data: object[] };
  expect(data).toEqual([
    {
      revision: 1,
      at: '1970-01-01T00:00:00.000Z',
      actor: 'admin',
      verb: 'added',
      after: expect.anything() as object,
    },
  ]);
});

test('a stream is whole, or broken', async () => {
  const { data } = (await (await call('/domain/changes?since=0')).json()) as {
    data: { added: object[]; removed: number[] };
  };
  expect(data.added).toHaveLength(1000);
  expect(data.removed).toEqual([7]);
  // The service's own error may come before the first byte is out, then it is an answer.
  const reply = await call('/domain/changes?since=1');
  const text = await reply.text().catch(() => 'broken');
  if (text !== 'broken') expect(JSON.parse(text)).toMatchObject({ status: 1, code: 'INTERNAL' });
});

test('a client that has what it wants, or goes away, ends the stream of the service', async () => {
  const before = streamEnded;
  await call('/domain/changes?since=3&to=9', undefined, { 'if-none-match': '"L1-3-9"' });
  await expect.poll(() => streamEnded).toBe(before + 1);
});

test('it is ready as long as the service serves', async () => {
  expect((await call('/readyz')).status).toBe(200);
  server.setServing(false);
  await expect.poll(async () => (await call('/readyz')).status).toBe(503);
  server.setServing(true);
  await expect.poll(async () => (await call('/readyz')).status).toBe(200);
});

test('a service that is away is UNAVAILABLE, and nothing of its address is said', async () => {
  const lost = await startGateway({
    name: 'gateway',
    config: parseConfig({ EGG_HTTP_PORT: '0', EGG_BLOCKLISTS_PORT: '1' }),
    contract,
    access: fixedAccess({}),
    log,
    metrics: createMetrics(),
  });
  const reply = await fetch(`http://127.0.0.1:${String(lost.ready?.['http_port'])}/domain/list`);
  expect(reply.status).toBe(503);
  const text = await reply.text();
  expect(JSON.parse(text)).toMatchObject({ status: 1, code: 'UNAVAILABLE' });
  expect(text).not.toContain('127.0.0.1');
  await lost.stop();
});

test('it stops though connections stay open, and lets what is under way end', async () => {
  const context = { name: 'gateway', config, contract, access, log, metrics: createMetrics() };
  const other = await startGateway(context);
  const port = Number(other.ready?.['http_port']);
  const waiting = await dial(port);
  const working = await dial(port);
  const received: Buffer[] = [];
  working.on('data', (chunk: Buffer) => received.push(chunk));
  working.write(`GET /domain/list HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
  await expect.poll(() => lists).toBeGreaterThan(1);
  const startedMs = performance.now();
  await other.stop();
  expect(performance.now() - startedMs).toBeLessThan(3000);
  expect(Buffer.concat(received).toString()).toContain('"total":1');
  expect(
    waiting.destroyed || (await new Promise((resolve) => waiting.once('close', () => resolve(true)))),
  ).toBe(true);
});
