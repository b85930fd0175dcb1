// Headers that every answer has: its request id, and what keeps a browser from making of it more than it is.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** For what is data: nothing in it is ever run, framed or read by another site. Source: OWASP REST Security Cheat Sheet. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Sets them before anything can refuse the request. */
export function registerHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    setHeaders(request, reply);
    done();
  });
}

/** For what is answered before any hook runs. */
export function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(HEADERS).header('x-request-id', request.id);
}
