import { createServer } from 'node:http';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../src/process-identity.ts';
import { program } from './program.ts';
import { freeEnvironment, part, supervisor } from './system-under-test.ts';

const PARTS = ['mongodb', 'nats', 'blocklists', 'eggs', 'gateway'];
const SERVES_AGAIN_MS = 10_000;

describe('the supervisor', () => {
  test('says last that it is ready, and on SIGTERM stops all parts, the gateway first, with status 0', async () => {
    const env = await freeEnvironment();
    const system = supervisor(env);
    await system.line(/^ready /);
    expect(system.lines.at(-1)).toBe(`ready http://127.0.0.1:${env['EGG_HTTP_PORT']}`);
    const parts = await Promise.all(PARTS.map((name) => part(system, name)));

    system.signal('SIGTERM');
    expect(await system.ended).toBe(0);
    expect(parts.filter(isAlive)).toEqual([]);
    const order = system.lines.map((line) => /(\w+) is stopped$/.exec(line)?.[1]).filter(Boolean);
    expect(order[0]).toBe('gateway');
    expect(new Set(order.slice(1, 3))).toEqual(new Set(['blocklists', 'eggs']));
    expect(order.slice(3)).toEqual(['nats', 'mongodb']);
    expect(await readdir(String(env['EGG_DATA_DIR']))).toHaveLength(2);
  });

  test.for(PARTS)('starts %s again after it was killed, within ten seconds', async (name) => {
    const system = supervisor(await freeEnvironment());
    await system.line(/^ready /);
    const before = await part(system, name);
    const killedAt = performance.now();
    process.kill(before.pid, 'SIGKILL');
    await system.line(new RegExp(`\\| ${name} serves again`));
    expect(performance.now() - killedAt).toBeLessThan(SERVES_AGAIN_MS);
    expect((await part(system, name)).pid).not.toBe(before.pid);
    system.signal('SIGINT');
    expect(await system.ended).toBe(0);
  });

  test(
    'bears more signals of the same Ctrl-C, and ends a part that does not listen',
    { timeout: 40_000 },
    async () => {
      const system = supervisor({ ...(await freeEnvironment()), FAKE_gateway: 'deaf' });
      await system.line(/^ready /);
      const gateway = await part(system, 'gateway');
      for (let i = 0; i < 4; i += 1) system.signal('SIGINT');
      expect(await system.ended).toBe(0);
      expect(isAlive(gateway)).toBe(false);
      expect(system.lines.filter((line) => line.includes('stopping'))).toHaveLength(1);
    },
  );

  test('gives up with the last lines of a part that cannot start', async () => {
    const system = supervisor({ ...(await freeEnvironment()), FAKE_eggs: 'fails' });
    expect(await system.ended).toBe(1);
    const text = system.lines.join('\n');
    expect(text).toMatch(/eggs does not start \(status 3\)/);
    expect(text.slice(text.indexOf('does not start'))).toContain('the fake cannot work');
    expect(text).not.toContain('ready http');
  });

  test('can be stopped while it starts, with status 0', async () => {
    const env: NodeJS.ProcessEnv = { ...(await freeEnvironment()), FAKE_eggs: 'fails' };
    const system = supervisor(env);
    await system.line(/eggs died/);
    system.signal('SIGTERM');
    expect(await system.ended).toBe(0);
    expect(await readdir(String(env['EGG_DATA_DIR']))).not.toContain('supervisor.lock');
  });

  test('does not start over a data directory that another one has', async () => {
    const env = await freeEnvironment();
    const first = supervisor(env);
    await first.line(/^ready /);
    const other = { ...(await freeEnvironment()), EGG_DATA_DIR: env['EGG_DATA_DIR'] };
    const second = supervisor(other);
    expect(await second.ended).toBe(1);
    expect(second.lines.join()).toContain(`${env['EGG_DATA_DIR']} is in use by process ${first.pid}`);
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);
  });

  test('ends what a killed supervisor left, and starts over the same directory', async () => {
    const env = await freeEnvironment();
    const killed = supervisor(env);
    await killed.line(/^ready /);
    const left = await Promise.all(PARTS.map((name) => part(killed, name)));
    killed.signal('SIGKILL');
    await killed.ended;

    const next = supervisor(env);
    await next.line(/^ready /);
    await next.line(/ending mongodb \(process \d+\), left running/);
    expect(left.filter(isAlive)).toEqual([]);
    next.signal('SIGTERM');
    expect(await next.ended).toBe(0);
  });

  test('leaves a process alone that only has the pid of one it remembers', async () => {
    const env = await freeEnvironment();
    const bystander = program('sleep', ['600']);
    const record = [{ name: 'eggs', pid: bystander.pid, startedAt: 'another time' }];
    await writeFile(join(String(env['EGG_DATA_DIR']), 'processes.json'), JSON.stringify(record));
    const system = supervisor(env);
    await system.line(/^ready /);
    system.signal('SIGTERM');
    expect(await system.ended).toBe(0);
    process.kill(bystander.pid, 0);
  });

  test('names a port that is taken, its variable and what it is for', async () => {
    const env = await freeEnvironment();
    const squatter = createServer().listen(Number(env['EGG_NATS_PORT']), '127.0.0.1');
    onTestFinished(() => void squatter.close());
    await once(squatter, 'listening');
    const system = supervisor(env);
    expect(await system.ended).toBe(1);
    expect(system.lines.join()).toContain(
      `port ${env['EGG_NATS_PORT']} on 127.0.0.1 (EGG_NATS_PORT, for the embedded NATS) is taken`,
    );
  });

  test('names a bad variable with the reason, and warns of an unknown one', async () => {
    const bad = supervisor({ ...(await freeEnvironment()), EGG_HTTP_PORT: '70000' });
    expect(await bad.ended).toBe(1);
    expect(bad.lines.join()).toContain('EGG_HTTP_PORT has to be a whole number from 1 to 65535, not "70000"');
    const odd = supervisor({ ...(await freeEnvironment()), EGG_HTTP_PROT: '1' });
    await odd.line(/EGG_HTTP_PROT is no variable/);
    odd.signal('SIGTERM');
    expect(await odd.ended).toBe(0);
  });
});
