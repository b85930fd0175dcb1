// The system is open to its own machine until a first admin token, and closed from then on, whatever comes.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type HttpClient, startStack } from '@egg/testing';
import { addToken, bearer, type MadeToken, type TokenRecord } from './scenarios/access.ts';

const ROOT = join(import.meta.dirname, '..');
const stack = await startStack({ eggs: 2, tasks: 1, gateways: 2 });
const [one = stack.http, other = stack.http] = stack.gateways;
const env = {
  PATH: process.env['PATH'],
  EGG_MONGODB_URL: stack.mongo.url,
  EGG_MONGODB_DATABASE: stack.mongo.database,
  EGG_NATS_URL: stack.bus.url,
  EGG_BUS_PREFIX: stack.bus.prefix,
};
let admin: MadeToken;

/** Runs a script of the system to its end. */
async function run(
  script: string,
  args: string[],
  more = {},
): Promise<{ status: number; stdout: string; stderr: string }> {
  const ended = promisify(execFile)(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { ...env, ...more },
  });
  return ended.then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, status: error.code }),
  );
}

const list = async (http: HttpClient, headers = {}) => (await http.get('/domain/list', headers)).httpStatus;

test('open, it takes nobody from another name, site or through a proxy', async () => {
  expect(await list(one)).toBe(200);
  for (const headers of [
    { host: 'evil.example' },
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { forwarded: 'for=192.0.2.1' },
    { 'x-forwarded-for': '192.0.2.1' },
  ]) {
    expect([headers, await list(one, headers)]).toEqual([headers, 403]);
  }
});

test.each([
  ['gateway/src/main.ts', 'EGG_HTTP_HOST'],
  ['services/eggs/src/main.ts', 'EGG_GRPC_HOST'],
])('open, %s starts on no address but this machine’s', async (script, variable) => {
  const { status, stdout } = await run(script, [], { [variable]: '0.0.0.0' });
  expect(status).toBe(1);
  expect(stdout).toContain(`${variable} has to be a loopback address`);
});

test('tokens that are no admin’s leave it open, and are taken all the same', async () => {
  const viewer = await addToken(one, { name: 'viewer', role: 'viewer' });
  expect(await list(other)).toBe(200);
  expect(await list(other, bearer(viewer.secret))).toBe(200);
  expect((await other.post('/domain/add', { domain: 'a.example' }, bearer(viewer.secret))).httpStatus).toBe(
    403,
  );
  expect(await list(other, bearer('wrong'))).toBe(401);
});

test('open, what a host does still takes a host’s own token', async () => {
  const { httpStatus, body } = await one.post('/checkin', {});
  expect(httpStatus).toBe(401);
  expect(body.msg).toContain('host');
});

test('the first admin token closes it: the very next request without a token is refused everywhere', async () => {
  admin = await addToken(one, { name: 'first', role: 'admin' });
  expect(await Promise.all([list(other), list(one)])).toEqual([401, 401]);
  expect(await list(other, bearer(admin.secret))).toBe(200);
  expect(await list(other, { ...bearer(admin.secret), host: 'panel.example' })).toBe(200);
});

test('the last admin token cannot be deleted, of two that are deleted at once one stays', async () => {
  const as = bearer(admin.secret);
  const refused = await one.post('/token/delete', { id: admin.id }, as);
  expect(refused.httpStatus).toBe(400);
  expect(refused.body).toMatchObject({ code: 'FAILED_PRECONDITION', errors: [{ field: 'id' }] });

  const second = await addToken(one, { name: 'second', role: 'admin' }, admin.secret);
  const answers = await Promise.all([
    one.post('/token/delete', { id: admin.id }, bearer(second.secret)),
    other.post('/token/delete', { id: second.id }, as),
  ]);
  // The other one finds that it is the last, or that its own token is revoked already.
  const [first, last] = answers.map(({ httpStatus }) => httpStatus);
  expect([first, last].filter((status) => status === 200)).toHaveLength(1);
  if (first === 200) admin = second;
  expect(await list(one, bearer(admin.secret))).toBe(200);
});

test('it stays closed after all of it was started again', async () => {
  const parts = ['gateway-1', 'gateway-2', 'eggs-1', 'eggs-2', 'blocklists-1', 'tasks-1'];
  await Promise.all(parts.map((part) => stack.kill(part)));
  for (const part of parts.toReversed()) await stack.restart(part);
  expect(await Promise.all([list(one), list(other)])).toEqual([401, 401]);
  await expect.poll(() => list(one, bearer(admin.secret))).toBe(200);
});

test('when the last admin token has expired, nothing opens, and a token made on the machine recovers', async () => {
  const expires = new Date(Date.now() + 2500).toISOString();
  const last = await addToken(one, { name: 'last', role: 'admin', expires_at: expires }, admin.secret);
  expect((await one.post('/token/delete', { id: admin.id }, bearer(last.secret))).httpStatus).toBe(200);
  await expect.poll(() => list(one, bearer(last.secret))).toBe(401);
  expect(await Promise.all([list(one), list(other)])).toEqual([401, 401]);

  const { status, stdout, stderr } = await run('services/eggs/src/token.ts', [
    '--role',
    'admin',
    '--expires',
    '30d',
  ]);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^egg_[0-9a-f]{16}_[A-Za-z0-9_-]{43}\n$/)]);
  expect(stderr).not.toContain(stdout.trim());
  const shown = await other.get<TokenRecord[]>('/token/list?sort=-id&limit=1', bearer(stdout.trim()));
  expect(shown.body.data).toMatchObject([
    { role: 'admin', name: expect.stringMatching(/^admin-\d{4}-\d{2}-\d{2}-[0-9a-f]{4}$/) as string },
  ]);
});

test('closed, it starts on any address without being told a token', async () => {
  await stack.stop('gateway-2');
  const started = execFile(process.execPath, ['gateway/src/main.ts'], {
    cwd: ROOT,
    env: { ...env, EGG_HTTP_HOST: '0.0.0.0', EGG_HTTP_PORT: '0' },
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  started.stdout?.on('data', (line: string) => {
    if (line.includes('"ready":true')) resolve(line);
  });
  const port = Number(/"http_port":(\d+)/.exec(await promise)?.[1]);
  expect((await fetch(`http://127.0.0.1:${port}/domain/list`)).status).toBe(401);
  started.kill();
});

test.each([
  [[], 'role is required'],
  [['--role', 'king'], 'role must be one of'],
  [['--role', 'viewer', '--expires', 'soon'], 'expires has to be like'],
  [['--role', 'viewer', '--uses', '2'], 'uses is for the role enroll only'],
])('on the machine, %j makes no token and says why', async (args, reason) => {
  const { status, stdout, stderr } = await run('services/eggs/src/token.ts', args);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(reason);
});

test('on the machine, a database that does not answer is named', async () => {
  const away = { EGG_MONGODB_URL: '', EGG_MONGODB_PORT: '1' };
  const { status, stdout, stderr } = await run('services/eggs/src/token.ts', ['--role', 'admin'], away);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain('no database answers at 127.0.0.1:1');
});
