// What no route takes: 405 with `Allow` where the path is one, else 404. Answered before a body is read.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from './errors.ts';

/** Has to be called before the routes are added, because it listens to what they are. */
export function registerNotFound(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set<string>();
    methods.set(url, known);
    for (const one of [method].flat()) known.add(one);
  });

  function refuse(request: FastifyRequest, reply: FastifyReply): never {
    const path = request.url.split(/[?#]/, 1)[0] ?? '';
    const known = methods.get(path);
    if (!known) throw new HttpError(404, 'NOT_FOUND', 'there is no such route');
    const allowed = [...known].join(', ');
    reply.header('allow', allowed);
    throw new HttpError(405, 'UNIMPLEMENTED', `this route takes ${allowed}`);
  }

  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) refuse(request, reply);
    done();
  });
  // For what a route itself does not find, such as a file.
  app.setNotFoundHandler(refuse);
}
