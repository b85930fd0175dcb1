// A host from its enrolment on: what it keeps, what the server sees of it, and how it bears a server that is away.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startStack, WITHIN } from '@egg/testing';
import { command, enrolledDirectory, enrolmentToken, runClient, temporaryDirectory } from './hosts.ts';
import { rowsOf, serverList, storedList } from './lists.ts';

const stack = await startStack({ eggs: 1, env: { EGG_CHECK_IN_SECONDS: '1' } });
const { http } = stack;
const token = await enrolmentToken(http, 'rollout');

interface HostRecord {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly eggs: readonly { readonly egg: string; readonly version: string }[];
}

const hostCalled = async (name: string): Promise<HostRecord | undefined> =>
  (await http.get<HostRecord[]>(`/host/list?q=${name}`)).body.data[0];

test('the command enrols a host and runs it: it is online with its eggs, both lists come, and SIGTERM ends it', async () => {
  const dir = join(await temporaryDirectory(), 'host');
  const said = ['--server', http.url, '--token', token, '--name', 'by-command', '--platform', 'linux/arm64'];
  const enrolment = command('enroll', '--dir', dir, ...said, '--label', 'env=prod', '--label', 'a=b=c');
  expect([await enrolment.ended, enrolment.output()]).toEqual([0, expect.stringMatching(/^host \d+ in /)]);
  expect((await stat(join(dir, 'identity.json'))).mode & 0o777).toBe(0o600);
  const again = command('enroll', '--dir', dir, ...said);
  expect([await again.ended, again.output()]).toEqual([1, `${dir} has enrolled\n`]);

  await http.post('/domain/add', { domain: 'command.example' });
  await http.post('/process/add', { process: 'command.exe', signature: '*' });
  const run = command('run', '--dir', dir, '--egg', 'agent=1.2.3-rc.1');
  await vi.waitFor(
    async () => {
      expect(run.output()).toMatch(/domains at \d+, processes at \d+\n/);
      expect(await hostCalled('by-command')).toMatchObject({
        status: 'online',
        labels: { env: 'prod', a: 'b=c' },
        eggs: [{ egg: 'agent', version: '1.2.3-rc.1' }],
      });
    },
    { timeout: 10_000 },
  );
  run.process.kill('SIGTERM');
  expect(await run.ended).toBe(0);

  const lists = command('lists', '--dir', dir);
  expect(await lists.ended).toBe(0);
  const rows = lists.output().trim().split('\n');
  expect(rows.map((line) => JSON.parse(line) as unknown)).toEqual([
    ...(await serverList(http, 'domain')),
    ...(await serverList(http, 'process')),
  ]);
});

test('what is no command, or lacks what it needs, is said in one line with status 1', async () => {
  const dir = await temporaryDirectory();
  const usage = command('walk');
  expect([await usage.ended, usage.output()]).toEqual([1, expect.stringContaining('usage: egg-client')]);
  const run = command('run', '--dir', dir);
  expect([await run.ended, run.output()]).toEqual([1, `${dir} has not enrolled\n`]);
  const enrolment = command('enroll', '--dir', dir, '--server', http.url, '--token', 'wrong', '--name', 'no');
  expect([await enrolment.ended, enrolment.output()]).toEqual([1, expect.stringMatching(/^UNAUTHENTICATED/)]);
});

test('both lists follow what changes: what is added, changed, removed, and a counter that is touched', async () => {
  const dir = await enrolledDirectory(token, 'following', http.url);
  const { client } = await runClient(dir);
  const isCurrent = () =>
    vi.waitFor(async () => {
      expect(rowsOf(client.domains)).toEqual(await serverList(http, 'domain'));
      expect(rowsOf(client.processes)).toEqual(await serverList(http, 'process'));
    }, WITHIN);
  const first = await http.post<{ id: number }>('/domain/add', { domain: 'one.example' });
  await http.post('/process/add', { process: 'one.exe', signature: '*' });
  await isCurrent();
  await http.post('/domain/update', { id: first.body.data.id, comment: 'changed' });
  await http.post('/domain/add', { domain: 'two.example' });
  await isCurrent();
  await http.post('/domain/delete', { id: first.body.data.id });
  await isCurrent();
  const touched = await http.post<{ value: number }>('/counter/update', { field: 'counter_for_process' });
  await expect.poll(() => client.processes.revision()).toBe(touched.body.data.value);
  expect(rowsOf(await storedList(dir, 'domain'))).toEqual(rowsOf(client.domains));
});

test(
  'while the server is away the host waits longer each time, keeps what it has, and is back with it',
  { timeout: 60_000 },
  async () => {
    const dir = await enrolledDirectory(token, 'waiting', http.url);
    const { client, lines } = await runClient(dir);
    await expect.poll(() => client.domains.revision()).toBeGreaterThan(0);
    const before = rowsOf(client.domains);
    await stack.kill('gateway-1');
    await expect
      .poll(() => lines.filter((line) => / again in \d+ ms$/.test(line)).length, { timeout: 15_000 })
      .toBeGreaterThanOrEqual(3);
    expect(rowsOf(client.domains)).toEqual(before);
    await stack.restart('gateway-1');
    const added = await vi.waitFor(async () => {
      const { body, text } = await http.post<{ revision: number }>('/domain/add', { domain: 'back.example' });
      expect(body.status, text).toBe(0);
      return body.data.revision;
    }, 10_000);
    await expect.poll(() => client.domains.revision(), { timeout: 20_000 }).toBeGreaterThanOrEqual(added);
  },
);

test('a token that was revoked is said, and nothing of it is in what the host says', async () => {
  const dir = await enrolledDirectory(token, 'revoked', http.url);
  const { id, token: own } = JSON.parse(await readFile(join(dir, 'identity.json'), 'utf8')) as {
    id: number;
    token: string;
  };
  await http.post('/host/reset', { id });
  const { lines } = await runClient(dir);
  await expect.poll(() => lines.join('\n')).toMatch(/^UNAUTHENTICATED: /);
  expect(lines.join('\n')).not.toContain(own);
});
