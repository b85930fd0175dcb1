// A simulation against a real system, and against one that does not keep its word: the same behind a proxy that changes its answers.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { startStack } from '@egg/testing';
import { simulate, type Summary } from '../src/simulate.ts';

const stack = await startStack({ eggs: 1, tasks: 1, env: { EGG_CHECK_IN_SECONDS: '1' } });
const { http } = stack;
const server = http.url;
const dir = await mkdtemp(join(tmpdir(), 'egg-simulate-'));
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Listed {
  readonly name: string;
  readonly platform: string;
  readonly status: string;
  readonly labels: Record<string, string>;
}
const listed = async (q: string): Promise<Listed[]> =>
  (await http.get<Listed[]>(`/host/list?q=${q}-&limit=1000`)).body.data;

/** The gateway with its answers to check-ins changed. */
async function lyingGateway(change: (data: Record<string, unknown>, turn: number) => void): Promise<string> {
  let turns = 0;
  const proxy = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const { host: _host, connection: _connection, ...headers } = request.headers;
      const answer = await fetch(new URL(request.url ?? '/', server), {
        method: request.method ?? 'GET',
        headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
        ...(pieces.length > 0 && { body: Buffer.concat(pieces) }),
      });
      let text = await answer.text();
      if (request.url === '/checkin' && answer.ok) {
        const body = JSON.parse(text) as { data: Record<string, unknown> };
        change(body.data, ++turns);
        text = JSON.stringify(body);
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    })().catch(() => response.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

test('a fleet enrols with platforms and labels, checks in as it is told, and is the same again', async () => {
  const stateFile = join(dir, 'fleet');
  const fleet = { server, hosts: 40, prefix: 'first', stateFile, labels: { team: 'blue' } };
  const told: Summary[] = [];
  const summary = await simulate({
    ...fleet,
    offlinePercent: 25,
    seconds: 4,
    onProgress: (s) => told.push(s),
  });
  expect(summary).toMatchObject({ errors: {}, violations: { total: 0 } });
  expect(summary.hosts).toMatchObject({ wanted: 40, ready: 40, enrolled: 40 });
  expect(summary.hosts.offline).toBeGreaterThan(0);
  expect(summary.check_ins.answered).toBeGreaterThanOrEqual(2 * (40 - summary.hosts.offline));
  expect(told.at(-1)?.check_ins.answered).toBeGreaterThan(0);
  const hosts = await listed('first');
  expect(hosts.filter(({ status }) => status === 'online')).toHaveLength(40 - summary.hosts.offline);
  expect(new Set(hosts.map(({ platform }) => platform)).size).toBe(4);
  expect(hosts.find(({ name }) => name === 'first-1')).toMatchObject({
    platform: 'linux/amd64',
    labels: { env: 'prod', ring: '0', site: 'ams', team: 'blue' },
  });
  expect((await stat(stateFile)).mode & 0o077).toBe(0);

  const fewer = await simulate({ ...fleet, hosts: 10, seconds: 1 });
  expect(fewer.hosts).toMatchObject({ ready: 10, enrolled: 0 });
  const more = await simulate({ ...fleet, hosts: 45, seconds: 0 });
  expect(more.hosts).toMatchObject({ ready: 45, enrolled: 5 });
  expect(await listed('first')).toHaveLength(45);
  await expect(simulate({ ...fleet, prefix: 'other' })).rejects.toThrow('keeps the fleet first');
  const tokens = await http.get<object[]>('/token/list?q=simulator');
  expect(tokens.body.data).toEqual([]);
});

test('a fleet whose tokens are lost takes its hosts back', async () => {
  const stateFile = join(dir, 'lost');
  await simulate({ server, hosts: 12, prefix: 'lost', seconds: 0, stateFile });
  const again = await simulate({ server, hosts: 12, prefix: 'lost', seconds: 1 });
  expect(again).toMatchObject({ hosts: { enrolled: 12 }, violations: { total: 0 } });
  const older = await simulate({ server, hosts: 12, prefix: 'lost', seconds: 3, stateFile });
  expect(older.hosts).toMatchObject({ ready: 12, enrolled: 12 });
  expect(older.errors).toEqual({ UNAUTHENTICATED: 12 });
  expect(await listed('lost')).toHaveLength(12);
});

test('hosts bear that the system is away for a while', async () => {
  const over = new AbortController();
  let isBack = false;
  let answeredBefore: number | undefined;
  const away = Promise.withResolvers<void>();
  const summary = await simulate({
    server,
    hosts: 20,
    prefix: 'away',
    signal: over.signal,
    progressMs: 200,
    onEnrolled: () => {
      const restarted = stack.kill('eggs-1').then(() => stack.restart('eggs-1'));
      restarted.then(() => (isBack = true)).then(() => away.resolve(), away.reject);
    },
    onProgress: ({ check_ins: { answered } }) => {
      if (!isBack) return;
      answeredBefore ??= answered;
      if (answered >= answeredBefore + 40) over.abort();
    },
  });
  await away.promise;
  expect(summary.violations.first).toEqual([]);
  expect(summary.hosts.ready).toBe(20);
}, 40_000);

test.for<[string, (data: Record<string, unknown>, turn: number) => void]>([
  [
    'counter',
    (data, turn) => {
      const back = { counter_for_domain: turn % 2, counter_for_process: 0 };
      data['counters'] = back;
    },
  ],
  [
    'execution',
    (data) => {
      data['executions'] = [{ id: '1-999999', attempt: 1, task: 't', action: 'say', timeout_seconds: 60 }];
    },
  ],
])('the %s: noticed where it breaks the protocol', async ([kind, change]) => {
  const lying = await lyingGateway(change);
  const { violations } = await simulate({ server: lying, hosts: 1, prefix: kind, seconds: 3 });
  expect(violations.total).toBeGreaterThan(0);
  expect(Object.keys(violations.by_kind)).toEqual([kind]);
  expect(violations.first[0]).toMatch(new RegExp(`^${kind}: `));
});

function run(...args: string[]) {
  const main = fileURLToPath(import.meta.resolve('../src/main.ts'));
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (piece: Buffer) => (said.out += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (said.err += piece.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, said, ended };
}

test('the command tells its progress, and on SIGTERM its summary, with status 0', async () => {
  const state = join(dir, 'command');
  const { child, said, ended } = run(
    '--server',
    server,
    '--hosts',
    '5',
    '--prefix',
    'command',
    '--state',
    state,
    '--json',
  );
  await expect.poll(() => said.err, { timeout: 20_000 }).toContain('5 hosts | ');
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(JSON.parse(said.out)).toMatchObject({ hosts: { ready: 5, enrolled: 5 }, violations: { total: 0 } });
  expect((await readFile(state, 'utf8')).trimEnd().split('\n')).toHaveLength(6);
});

test('the command ends with status 1 where the protocol was broken, and says how', async () => {
  const lying = await lyingGateway((data) => (data['logs'] = undefined));
  const { said, ended } = run('--server', lying, '--hosts', '1', '--prefix', 'broken', '--seconds', '2');
  expect(await ended).toBe(1);
  expect(said.err).toContain('VIOLATION answer');
  expect(said.out).toMatch(/^violations {2}\d/m);
});

test('the command is refused with status 2 and the reason where it is wrong', async () => {
  const missing = run();
  const none = run('--hosts', '0');
  const unknown = run('--server', server, '--hosts', '1', '--until-run', '9999');
  expect([await missing.ended, await none.ended, await unknown.ended]).toEqual([2, 2, 2]);
  expect([missing, none, unknown].map(({ said }) => said.err.split('\n')[0])).toEqual([
    '--hosts is missing',
    'hosts has to be a whole number from 1 to 1000000, not 0',
    'there is no run 9999 to wait for',
  ]);
});
