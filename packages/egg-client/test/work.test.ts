// Work that a host is given: done once and told until it is heard, and never with a file that is not what its egg's keys signed.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import type { WorkOptions } from '../src/work.ts';
import { command, enrolledDirectory, enrolmentToken, runClient } from './hosts.ts';
import { type Fault, startProxy } from './proxy.ts';

const stack = await startStack({ eggs: 1, tasks: 1, env: { EGG_CHECK_IN_SECONDS: '1' } });
const { http } = stack;
const proxy = await startProxy(http.url);
const token = await enrolmentToken(http, 'work');
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEY = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
const CONTENT = 'the agent, version 2';

type Perform = NonNullable<WorkOptions['perform']>;

const post = async <T = { id: number }>(path: string, body: object): Promise<T> => {
  const answer = await http.post<T>(path, body);
  if (answer.body.status !== 0) throw new Error(`${path}: ${answer.text}`);
  return answer.body.data;
};
const egg = await post('/egg/add', { name: 'agent', public_keys: [KEY] });
const file = await http.post<{ id: number }>('/file/add?name=agent-2', CONTENT, {
  'content-type': 'application/octet-stream',
});
const hash = createHash('sha256').update(CONTENT).digest();
const version = await post('/version/add', {
  egg_id: egg.id,
  version: '2.0.0',
  files: [
    {
      platform: 'linux/amd64',
      file_id: file.body.data.id,
      signature: sign(null, hash, privateKey).toString('base64'),
    },
  ],
  state: 'published',
});

interface Host {
  readonly dir: string;
  readonly id: number;
}

const newHost = async (name: string): Promise<Host> => {
  const dir = await enrolledDirectory(token, name, proxy.url);
  const { id } = JSON.parse(await readFile(join(dir, 'identity.json'), 'utf8')) as { id: number };
  proxy.faults(() => undefined);
  return { dir, id };
};
let runs = 0;
/** Starts a run of a task on one host. */
const startRun = async ({ id }: Host, task: object, strategy: object = {}): Promise<number> => {
  const name = `run-${runs++}`;
  const { id: task_id } = await post('/task/add', { name, egg_id: egg.id, action: 'say', ...task });
  const { id: strategy_id } = await post('/strategy/add', { name, target: { hosts: [id] }, ...strategy });
  return (await post('/task/run', { task_id, strategy_id })).id;
};
const UPDATE = { action: 'update', version_id: version.id };

interface Shown {
  readonly state: string;
  readonly exit_code?: number;
  readonly message?: string;
}

const executionOf = async (run: number): Promise<Shown | undefined> =>
  (await http.get<Shown[]>(`/execution/list?run_id=${run}`)).body.data[0];
const ends = (run: number, shown: object) => expect.poll(() => executionOf(run)).toMatchObject(shown);
const filesOf = async ({ dir }: Host): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.startsWith('file-'));
const checkInFault = (choose: (body: string) => Fault | undefined) =>
  proxy.faults(({ url, body }) => (url === '/checkin' ? choose(body) : undefined));

/** Counts how often it was done. */
const counting = (perform: Perform = () => Promise.resolve({ state: 'succeeded' })) => {
  const done: { action: string; payload: object | undefined }[] = [];
  const counted: Perform = (execution, signal, path) => {
    done.push({ action: execution.action, payload: execution.payload });
    return perform(execution, signal, path);
  };
  return { done, perform: counted };
};

test('what a host is given is done, and what became of it is told', async () => {
  const host = await newHost('told');
  const { done, perform } = counting(({ action }) => {
    if (action === 'throw') throw new Error('the disk is full');
    if (action === 'talk') return Promise.resolve({ state: 'succeeded', message: 'x'.repeat(100_000) });
    if (action === 'refuse') return Promise.resolve({ state: 'rejected', message: 'not here' });
    return Promise.resolve(
      action === 'fail' ? { state: 'failed', exit_code: 3 } : { state: 'succeeded', exit_code: 0 },
    );
  });
  await runClient(host.dir, { perform });
  await ends(await startRun(host, { payload: { text: 'hello' } }), { state: 'succeeded', exit_code: 0 });
  await ends(await startRun(host, { action: 'fail' }), { state: 'failed', exit_code: 3 });
  await ends(await startRun(host, { action: 'throw' }), { state: 'failed', message: 'the disk is full' });
  await ends(await startRun(host, { action: 'refuse' }), { state: 'rejected', message: 'not here' });
  await ends(await startRun(host, { action: 'talk' }), { state: 'succeeded', message: 'x'.repeat(1000) });
  expect(done.map(({ action }) => action)).toEqual(['say', 'fail', 'throw', 'refuse', 'talk']);
  expect(done[0]?.payload).toEqual({ text: 'hello' });
});

test('an execution that is handed out again and again, also after a restart, is done once', async () => {
  const host = await newHost('again');
  const { done, perform } = counting();
  let given: object[] = [];
  let repeated = 0;
  checkInFault(() => ({
    change: (text) => {
      const answer = JSON.parse(text) as { data?: { executions: object[] } };
      if (answer.data && answer.data.executions.length > 0) given = answer.data.executions;
      else if (answer.data && given.length > 0) {
        answer.data.executions = given;
        repeated++;
      }
      return JSON.stringify(answer);
    },
  }));
  const first = await runClient(host.dir, { perform });
  const run = await startRun(host, {});
  await expect.poll(() => repeated).toBeGreaterThanOrEqual(2);
  await first.stop();
  const before = repeated;
  await runClient(host.dir, { perform });
  await expect.poll(() => repeated).toBeGreaterThanOrEqual(before + 2);
  await ends(run, { state: 'succeeded' });
  expect(done).toHaveLength(1);
});

test('what became of it is told also when the tasks are away at the time', async () => {
  const host = await newHost('away');
  const { promise: go, resolve: let_go } = Promise.withResolvers<void>();
  await runClient(host.dir, { perform: () => go.then(() => ({ state: 'succeeded' })) });
  const run = await startRun(host, {});
  await ends(run, { state: 'running' });
  await stack.kill('tasks-1');
  const checkIns = proxy.seen.length;
  let_go();
  const told = () => proxy.seen.slice(checkIns).filter(({ body }) => body.includes('"succeeded"')).length;
  await expect.poll(told).toBeGreaterThanOrEqual(2);
  await stack.restart('tasks-1');
  await ends(run, { state: 'succeeded' });
});

test('what was under way when the host was killed has failed, and is not done again', async () => {
  const host = await newHost('killed');
  const pid = join(host.dir, 'pid');
  const script = `echo $$ > ${pid}; exec sleep 60 > /dev/null 2>&1`;
  const first = command('run', '--dir', host.dir, '--exec', script);
  const run = await startRun(host, {});
  await ends(run, { state: 'running' });
  // The run is told to be running before the command is started.
  await expect.poll(() => readFile(pid, 'utf8').catch(() => '')).toMatch(/^\d+\n$/);
  first.process.kill('SIGKILL');
  await first.ended;
  process.kill(Number(await readFile(pid, 'utf8')));
  const { done, perform } = counting();
  await runClient(host.dir, { perform });
  await ends(run, { state: 'failed', message: 'was interrupted' });
  expect(done).toEqual([]);
});

test('an update hands over the very file of the version, and leaves none', async () => {
  const host = await newHost('updated');
  let current = '1.0.0';
  const contents: string[] = [];
  const { done, perform } = counting(async (_execution, _signal, path = '') => {
    contents.push(await readFile(path, 'utf8'));
    expect((await stat(path)).mode & 0o077).toBe(0);
    current = '2.0.0';
    return { state: 'succeeded' };
  });
  await runClient(host.dir, { perform, eggs: () => [{ egg: 'agent', version: current }], publicKeys: [KEY] });
  const run = await startRun(host, UPDATE);
  await ends(run, { state: 'succeeded' });
  expect(contents).toEqual([CONTENT]);
  expect(await filesOf(host)).toEqual([]);
  const again = await startRun(host, UPDATE);
  const stateOf = async () => (await http.get<Shown[]>(`/run/list?id=${again}`)).body.data[0]?.state;
  await expect.poll(stateOf).toBe('succeeded');
  expect(done).toHaveLength(1);
});

test('an update that ends the host is judged by the version that its next start reports', async () => {
  const host = await newHost('restarted');
  const versionOf = (current: string) => () => [{ egg: 'agent', version: current }];
  const first = await runClient(host.dir, {
    eggs: versionOf('1.0.0'),
    // As a command does that restarts what runs it.
    perform: (_execution, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
  });
  const run = await startRun(host, UPDATE);
  await ends(run, { state: 'running' });
  await first.stop();
  const { done, perform } = counting();
  await runClient(host.dir, { perform, eggs: versionOf('2.0.0') });
  await ends(run, { state: 'succeeded' });
  expect(done).toEqual([]);
});

interface Given {
  file: { sha256: string; signature?: string };
  version: { public_keys: string[]; allow_unsigned: boolean };
}

const other = generateKeyPairSync('ed25519');
const OTHER_KEY = Buffer.from(other.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString(
  'base64',
);

test.for<[string, (given: Given) => void, WorkOptions?]>([
  ['has no signature', ({ file }) => delete file.signature],
  [
    'has no signature though that is said to do',
    ({ file, version }) => {
      delete file.signature;
      version.allow_unsigned = true;
    },
  ],
  [
    'has no signature, of an egg without keys that does not say that this does',
    ({ file, version }) => {
      delete file.signature;
      version.public_keys = [];
    },
  ],
  [
    'has a signature by another key',
    ({ file }) => {
      file.signature = sign(null, hash, other.privateKey).toString('base64');
    },
  ],
  [
    'has another SHA-256',
    ({ file }) => {
      const wrong = createHash('sha256').update('another').digest();
      file.sha256 = wrong.toString('hex');
      file.signature = sign(null, wrong, privateKey).toString('base64');
    },
  ],
  [
    'is signed by keys of the server that are not those the host holds to',
    ({ file, version }) => {
      file.signature = sign(null, hash, other.privateKey).toString('base64');
      version.public_keys = [OTHER_KEY];
    },
    { publicKeys: [KEY] },
  ],
])('a file that %s is not taken, and nothing of it is left', async ([what, change, options]) => {
  const host = await newHost(`refused-${what.length}`);
  checkInFault(() => ({
    change: (text) => {
      const answer = JSON.parse(text) as { data?: { executions: Given[] } };
      answer.data?.executions.forEach(change);
      return JSON.stringify(answer);
    },
  }));
  const { done, perform } = counting();
  await runClient(host.dir, { perform, eggs: () => [{ egg: 'agent', version: '1.0.0' }], ...options });
  const message = what.includes('SHA-256') ? /has the SHA-256/ : /^no key of the egg signed/;
  await ends(await startRun(host, UPDATE), {
    state: 'failed',
    message: expect.stringMatching(message) as string,
  });
  expect(done).toEqual([]);
  expect(await filesOf(host)).toEqual([]);
});

test('work that takes too long is told to end', async () => {
  const host = await newHost('slow');
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  await runClient(host.dir, {
    perform: (_execution, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          end();
          reject(new Error('time is up'));
        }),
      ),
  });
  await ends(await startRun(host, {}, { timeout_seconds: 1 }), { state: 'timed_out' });
  await ended;
});

test('the command does its work by a command that sees the action, the payload and the file', async () => {
  const host = await newHost('by-command');
  const out = join(host.dir, 'out');
  const script = `cat > ${out}; echo " $EGG_ACTION $(cat $EGG_FILE)" >> ${out}; exit 7`;
  command('run', '--dir', host.dir, '--egg', 'agent=1.0.0', '--exec', script);
  await ends(await startRun(host, { ...UPDATE, payload: { a: [1] } }), { state: 'failed', exit_code: 7 });
  expect(await readFile(out, 'utf8')).toBe(`{"a":[1]} update ${CONTENT}\n`);
});
