import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Line {
  level: string;
  time: string;
  service: string;
  msg: string;
  [field: string]: unknown;
}

/** Runs a process, sends the signals once it is ready (or at once), and gives its status and log. */
async function run(
  behaviour: string,
  options: { env?: Record<string, string>; signals?: NodeJS.Signals[]; when?: string } = {},
) {
  const { env = {}, signals = [], when = '"ready":true' } = options;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sample-process.ts'), behaviour], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  let sent = false;
  const send = (): void => {
    if (sent) return;
    sent = true;
    for (const signal of signals) child.kill(signal);
  };
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
    if (output.includes(when)) send();
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  return { status, lines, messages: lines.map(({ msg }) => msg) };
}

test('a service says when it is ready, stops in order at SIGTERM, and ends with status 0', async () => {
  const { status, lines, messages } = await run('good', {
    signals: ['SIGTERM'],
    env: { EGG_LOG_LEVEL: 'debug' },
  });
  expect(status).toBe(0);
  expect(messages).toEqual(['ready', 'stopping', 'closed', 'stopped']);
  expect(lines[0]).toMatchObject({
    level: 'info',
    service: 'sample',
    ready: true,
    port: 1234,
    token: '[redacted]',
  });
  expect(lines[0]?.['log_level']).toBe('debug');
  expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('a Ctrl-C that arrives twice stops it once', async () => {
  const { status, messages } = await run('good', { signals: ['SIGINT', 'SIGINT', 'SIGTERM'] });
  expect(status).toBe(0);
  expect(messages.filter((message) => message === 'stopping')).toHaveLength(1);
});

test('a signal while it starts stops it after the start', async () => {
  const { status, messages } = await run('slow-start', { signals: ['SIGTERM'], when: 'starting' });
  expect(status).toBe(0);
  expect(messages.at(-1)).toBe('stopped');
});

test.each([
  ['no-start', 'failed'],
  ['throw', 'uncaught exception'],
  ['reject', 'unhandled rejection'],
])('%s ends it with status 1 and a reason', async (behaviour, message) => {
  const { status, lines } = await run(behaviour);
  expect(status).toBe(1);
  expect(lines.at(-1)).toMatchObject({ level: 'fatal', msg: message });
});

test.each([
  ['hang', 'the stop took too long'],
  ['no-stop', 'failed'],
])('a stop that does not work (%s) ends it with status 1', async (behaviour, message) => {
  const { status, lines } = await run(behaviour, { signals: ['SIGTERM'] });
  expect(status).toBe(1);
  expect(lines.at(-1)).toMatchObject({ level: 'fatal', msg: message });
});

test('a bad environment is named before anything starts', async () => {
  const { status, lines } = await run('good', { env: { EGG_HTTP_PORT: 'x', EGG_LOG_LEVEL: 'loud' } });
  expect(status).toBe(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.['problems']).toHaveLength(2);
});

test('a port for metrics is served and said, and the ready line comes at every level', async () => {
  const { status, lines } = await run('good', {
    env: { EGG_METRICS_PORT: '0', EGG_LOG_LEVEL: 'error' },
    signals: ['SIGTERM'],
  });
  expect(status).toBe(0);
  expect(lines[0]?.['metrics_port']).toBeGreaterThan(0);
});
