// The whole system as `npm start` runs it, under its own supervisor, over a directory and ports of its own. Parts of it can be killed,
// which the supervisor mends, and the supervisor itself, which nobody does.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach } from 'vitest';
import { freePort, natsUrl } from '@egg/embedded';
import { foreignEnvironment, ROOT } from './service-process.ts';

export type PartName = 'mongodb' | 'nats' | 'blocklists' | 'eggs' | 'tasks' | 'gateway';

export interface Supervised {
  readonly url: string;
  readonly bus: { readonly url: string; readonly prefix: string };
  /** kill -9 of a part. Resolves when the supervisor says that it serves again. */
  kill(part: PartName): Promise<void>;
  /** kill -9 of the supervisor alone. */
  killSupervisor(): Promise<void>;
  /** Starts the supervisor over the same directory and ports. Resolves when it says that all is ready. */
  start(): Promise<void>;
  /** SIGTERM. Answers with the status it ends with. */
  stop(): Promise<number | NodeJS.Signals | null>;
}

const KEPT_LINES = 500;
const READY_MS = 60_000;
const PORTS = ['HTTP', 'BLOCKLISTS', 'EGGS', 'TASKS', 'NATS', 'MONGODB'];
const SERVES = /\| (\w+) (?:is ready|serves again) \(process (\d+)\)/;

/** Starts it. All of it is gone when the file's tests are over. */
export async function startSupervised(): Promise<Supervised> {
  const dir = await mkdtemp(join(tmpdir(), 'egg-faults-'));
  const ports = Object.fromEntries(
    await Promise.all(PORTS.map(async (name) => [name, await freePort()] as const)),
  );
  const env = {
    ...foreignEnvironment(),
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`EGG_${name}_PORT`, String(port)])),
    EGG_DATA_DIR: dir,
    EGG_LOG_LEVEL: 'warn',
  };
  const lines: string[] = [];
  const pids = new Map<string, number>();
  const listeners = new Set<(line: string) => void>();
  let child: ChildProcess | undefined;

  /** Resolves at the first line that matches from now on. */
  const next = (matches: (line: string) => boolean, what: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        listeners.delete(listen);
        clearTimeout(timer);
      };
      const listen = (line: string): void => {
        if (!matches(line)) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`${what} not within ${READY_MS} ms:\n${lines.slice(-60).join('\n')}`));
      }, READY_MS);
      listeners.add(listen);
    });
  const take = (line: string): void => {
    if (lines.push(`${new Date().toISOString()} ${line}`) > KEPT_LINES) lines.shift();
    const [, name, pid] = SERVES.exec(line) ?? [];
    if (name !== undefined) pids.set(name, Number(pid));
    for (const listener of listeners) listener(line);
  };

  const system: Supervised = {
    url: `http://127.0.0.1:${ports['HTTP']}`,
    bus: { url: natsUrl(ports['NATS'] ?? 0), prefix: 'egg' },
    kill: async (part) => {
      const pid = pids.get(part);
      if (pid === undefined) throw new Error(`the system has no ${part}`);
      const again = next((line) => SERVES.exec(line)?.[1] === part, `${part} serves again`);
      process.kill(pid, 'SIGKILL');
      await again;
    },
    killSupervisor: async () => {
      if (!child) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    start: async () => {
      const ready = next((line) => line.startsWith('ready http'), 'the system is ready');
      child = spawn(process.execPath, ['packages/embedded/src/start.ts'], {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        if (stream) createInterface({ input: stream }).on('line', take);
      }
      await ready;
    },
    stop: async () => {
      if (!child) return null;
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      return child.exitCode ?? child.signalCode;
    },
  };
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(lines.join('\n'));
  });
  afterAll(async () => {
    await system.stop();
    for (const pid of leftProcesses(dir)) endNow(pid);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  await system.start();
  return system;
}

/** What a supervisor that was killed has written down of its children. */
function leftProcesses(dir: string): number[] {
  const file = join(dir, 'processes.json');
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }[]).map(({ pid }) => pid);
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
