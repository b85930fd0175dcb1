// Ends requests whose body does not come in time. Node's own limit would hold for uploads too, which last as long as they take.

import type { FastifyInstance } from 'fastify';
import { hasBody } from './body.ts';

/** Answers 408, as Node would by itself, where a body that is no upload takes longer than this. */
export function registerRequestTimeout(app: FastifyInstance, ms: number): void {
  const timers = new Set<NodeJS.Timeout>();
  app.addHook('onRequest', (request, _reply, done) => {
    if (hasBody(request) && request.routeOptions.config.isUpload !== true) {
      const { raw } = request;
      const timer = setTimeout(() => {
        const late = Object.assign(new Error('the body is late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
        app.server.emit('clientError', late, raw.socket);
      }, ms);
      const clear = (): void => {
        clearTimeout(timer);
        timers.delete(timer);
      };
      timers.add(timer);
      raw.once('end', clear).once('close', clear);
    }
    done();
  });
  app.addHook('onClose', (_app, done) => {
    timers.forEach(clearTimeout);
    done();
  });
}
