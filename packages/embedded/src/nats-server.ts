// How the embedded NATS server is started, and when it serves: when JetStream answers a request.

import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import type { ProcessSpec } from './process-spec.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';
import { until } from './until.ts';

const TIMEOUT_MS = 2000;

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

/** Speaks the protocol by hand, because only the bus may use a client: docs.nats.io, "Client Protocol". */
async function jetStreamAnswers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
  socket.write(
    'CONNECT {"verbose":false,"pedantic":false}\r\nSUB _INBOX.ready 1\r\nPUB $JS.API.INFO _INBOX.ready 0\r\n\r\n',
  );
  let text = '';
  try {
    for await (const chunk of socket) {
      text += String(chunk);
      const answer = /^MSG _INBOX\.ready 1 \d+\r\n(.*)\r\n/m.exec(text)?.[1];
      if (answer !== undefined) return !('error' in (JSON.parse(answer) as object));
    }
    return false;
  } finally {
    socket.destroy();
  }
}
