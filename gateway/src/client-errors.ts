// What Node refuses by itself, before Fastify knows of a request, or with an empty answer: here it gets the envelope as well.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Log } from '@egg/rpc';
import { envelopeOf, HttpError, invalidRequest } from './errors.ts';

// An import of it would load all of `fetch` as well.
const { STATUS_CODES } = process.getBuiltinModule('node:http');

const REASONS: Record<string, [status: number, reason: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'the headers are too large'],
};

/** Answers what is no HTTP and closes the connection, since nobody knows where the next request would begin. */
export function clientErrorHandler(log: Log): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const [status, reason] = REASONS[error.code ?? ''] ?? [400, 'the request is not HTTP'];
    const requestId = randomUUID();
    log.info({ request_id: requestId, status, code: error.code }, 'request not read');
    if (!socket.writable || isForAnother(socket)) {
      socket.destroy();
      return;
    }
    const refusal = new HttpError(status, 'INVALID_ARGUMENT', reason, [{ field: '', reason }]);
    socket.end(response(status, JSON.stringify(envelopeOf(refusal, requestId)), requestId));
  };
}

/** Refuses a request that does not say which host it is for, or says it twice (RFC 9112, 3.2). Needs `requireHostHeader: false`. */
export function registerHostCheck(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request: IncomingMessage, answer: ServerResponse) => {
    app.server.emit('request', request, answer); // an unknown `Expect` may be passed over
  });
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const hosts = hostsOf(raw);
    if (hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')) done();
    else done(invalidRequest('the request has to have one Host header'));
  });
}

/** Node keeps the first of several and drops the rest. */
function hostsOf({ rawHeaders }: IncomingMessage): number {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts;
}

/** Whether the next answer on the connection belongs to an earlier request, which came whole: a refusal would be taken for it. */
function isForAnother(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null };
  return answer ? answer.headersSent || answer.req.complete : false;
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
