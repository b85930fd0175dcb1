// The supervisor with stand-ins for the services, on free ports over a directory of its own. The embedded MongoDB and NATS are
// real.

import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { freePort } from '../src/free-port.ts';
import { isAlive, type ProcessIdentity } from '../src/process-identity.ts';
import { living, type Program, program } from './program.ts';
import { temporaryDir } from './temporary.ts';

const script = fileURLToPath(new URL('fixtures/supervisor.ts', import.meta.url));

export async function freeEnvironment(): Promise<NodeJS.ProcessEnv & Record<string, string>> {
  const ports = ['HTTP', 'BLOCKLISTS', 'EGGS', 'TASKS', 'NATS', 'MONGODB'];
  const pairs = await Promise.all(ports.map(async (name) => [`EGG_${name}_PORT`, String(await freePort())]));
  return { ...process.env, ...Object.fromEntries(pairs), EGG_DATA_DIR: await temporaryDir() };
}

export function supervisor(env: NodeJS.ProcessEnv): Program {
  return program(process.execPath, [script], { env });
}

/** The process that a part runs as now, by what the supervisor last said of it; ended when the test is. */
export async function part(system: Program, name: string): Promise<ProcessIdentity> {
  const said = new RegExp(`\\| ${name} (is ready|serves again) \\(process (\\d+)\\)`);
  await system.line(said);
  const identity = living(Number(said.exec(system.lines.findLast((line) => said.test(line)) ?? '')?.[2]));
  onTestFinished(() => {
    if (isAlive(identity)) process.kill(identity.pid, 'SIGKILL');
  });
  return identity;
}
