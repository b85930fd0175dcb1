// Finds a port for a server in a test.

import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections: one of those could take the port while its server is restarted. */
const FIRST = 20_000;
const COUNT = 12_000;

const given = new Set<number>();

/** Returns a port of 127.0.0.1 on which nothing listens, and never the same one twice. Throws when there is none. */
export async function freePort(): Promise<number> {
  let port = FIRST + Math.floor(Math.random() * COUNT);
  for (let tried = 0; tried < COUNT; tried += 1) {
    port = FIRST + ((port + 1 - FIRST) % COUNT);
    if (!given.has(port) && (await listenError(port, '127.0.0.1')) === undefined) {
      given.add(port);
      return port;
    }
  }
  throw new Error('no free port');
}

/** Listens for a moment and returns the error's code when that is not possible. */
export function listenError(port: number, host: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const server = createServer();
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  return promise;
}
