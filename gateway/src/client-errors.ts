// Requests that are no HTTP, or too slow or too large to become one: Node tells of them on the socket, before Fastify knows.

import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '@egg/rpc';
import { envelopeOf, HttpError } from './errors.ts';

const REASONS: Record<string, [status: number, reason: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'the headers are too large'],
};

/** Answers in the envelope and closes the connection, since nobody knows where the next request would begin. */
export function clientErrorHandler(log: Log): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const [status, reason] = REASONS[error.code ?? ''] ?? [400, 'the request is not HTTP'];
    const requestId = randomUUID();
    log.info({ request_id: requestId, status, code: error.code }, 'request not read');
    if (socket.writable) {
      const refusal = new HttpError(status, 'INVALID_ARGUMENT', reason, [{ field: '', reason }]);
      socket.write(response(status, JSON.stringify(envelopeOf(refusal, requestId)), requestId));
    }
    socket.destroySoon();
  };
}

function response(status: number, body: string, requestId: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
