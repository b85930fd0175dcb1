// Ends a server that has clients: what is under way may end, what only waits is not waited for.

import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const GRACE_MS = 5000;
const SWEEP_MS = 50;

/** What closes the app later. Has to be called before it listens. Requests that take longer than `GRACE_MS` are broken off. */
export function closer(app: FastifyInstance): () => Promise<void> {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  /** Node counts a connection as idle only after its first request; browsers open some for later. */
  function closeIdle(): void {
    app.server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  return async () => {
    const sweep = setInterval(closeIdle, SWEEP_MS);
    const end = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
    try {
      await app.close();
    } finally {
      clearInterval(sweep);
      clearTimeout(end);
    }
  };
}
