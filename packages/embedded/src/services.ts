// The processes of the egg server itself, in the order they are started: the services, then the gateway, which needs them.

import { fileURLToPath } from 'node:url';
import { childEnvironment } from './child-environment.ts';
import type { Config } from './config.ts';
import type { ProcessSpec } from './process-spec.ts';
import { until } from './until.ts';

/** The clone that this file is in. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const POLL_TIMEOUT_MS = 5000;

/**
 * In MiB. By default the heap's young part grows to three times 16 under any stream, however small its pieces are; with this an upload
 * of any size costs a process some 40 MB at most.
 */
const SEMI_SPACE = 4;

/** The services and the gateway of a system with this configuration. */
export function eggProcesses(config: Config): ProcessSpec[][] {
  const env = childEnvironment(config);
  const part = (name: string, script: string): ProcessSpec => ({
    name,
    command: process.execPath,
    args: [`--max-semi-space-size=${SEMI_SPACE}`, script],
    env,
    cwd: ROOT,
    saysReady: true,
  });
  const services = ['blocklists', 'eggs', 'tasks'];
  return [
    services.map((name) => part(name, `services/${name}/src/main.ts`)),
    [
      {
        ...part('gateway', 'gateway/src/main.ts'),
        probe: (signal) => until(() => answersOk(`${httpUrl(config)}/readyz`), signal),
      },
    ],
  ];
}

/** Where the HTTP API is, as configured. */
export function httpUrl({ httpHost, httpPort }: Config): string {
  return `http://${httpHost.includes(':') ? `[${httpHost}]` : httpHost}:${httpPort}`;
}

async function answersOk(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(POLL_TIMEOUT_MS) });
  await response.body?.cancel();
  return response.status === 200;
}
