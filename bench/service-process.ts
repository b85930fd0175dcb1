// Starts a real process of the system (the gateway, a service) and waits for the line that says it is ready.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ServiceProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

const LAST_LINES = 20;

/** Starts the entry `file`, a path from the repository's root. Throws with its last lines when it ends before it is ready. */
export async function startServiceProcess(
  file: string,
  env: Readonly<Record<string, string>>,
  execArgv: readonly string[] = [],
): Promise<ServiceProcess> {
  const child = spawn(
    process.execPath,
    [...execArgv, fileURLToPath(new URL(`../${file}`, import.meta.url))],
    {
      env: { ...withoutOurs(process.env), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own: Ctrl-C is for the runner, which then stops it.
      detached: true,
    },
  );
  await ready(child, file);
  return {
    pid: child.pid as number,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** What is set for an installation of the one who measures is not meant for this one. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('EGG_')));
}

function ready(child: ChildProcess, file: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const last: string[] = [];
  child.once('error', reject);
  child.once('exit', () => reject(new Error(`${file} ended before it was ready:\n${last.join('\n')}`)));
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      if (line.includes('"ready":true')) resolve();
    });
  }
  return promise;
}
