// How the embedded NATS server is started, and when it serves: when JetStream answers a request.

import { mkdirSync } from 'node:fs';
import { natsRequest } from './nats-wire.ts';
import type { ProcessSpec } from './process-spec.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';
import { until } from './until.ts';

/** Where a client reaches the embedded NATS server on this port. */
export function natsUrl(port: number): string {
  return `nats://127.0.0.1:${port}`;
}

/** Starts a NATS server with JetStream over a directory, on loopback only, and resolves when JetStream answers. */
export async function startNats(options: ServerOptions): Promise<RunningServer> {
  return startServer(natsSpec(options), natsUrl(options.port), options.log);
}

/** Describes the process of a NATS server, and makes its directory. */
export function natsSpec({ binary, dir, port }: Omit<ServerOptions, 'log'>): ProcessSpec {
  mkdirSync(dir, { recursive: true });
  return {
    name: 'nats',
    command: binary,
    args: ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', dir],
    saysReady: false,
    probe: (signal) => until(() => jetStreamAnswers(port), signal),
    isNoise: (line) => line.includes('[INF]'),
  };
}

async function jetStreamAnswers(port: number): Promise<boolean> {
  return !('error' in (await natsRequest(port, '$JS.API.INFO', '')));
}
