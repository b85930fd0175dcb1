// The API's description: as a document for programs, and as a page for readers that needs nothing from elsewhere.

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { type Contract, openApi } from '@egg/contract';
import type { Hook } from './auth.ts';
import { refuseQuery } from './health.ts';

/** Swagger UI styles its elements in place; everything else comes from the gateway itself. */
const PAGE_POLICY =
  "default-src 'none'; connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'; img-src 'self' data:; " +
  "script-src 'self'; style-src 'self' 'unsafe-inline'";

/** `/openapi.json` and `/docs`, both behind `allowed`. */
export async function registerDocs(app: FastifyInstance, contract: Contract, allowed: Hook): Promise<void> {
  const document = openApi(contract);
  const text = JSON.stringify(document);
  app.get('/openapi.json', { onRequest: allowed }, async (request, reply) => {
    refuseQuery(request);
    return reply.type('application/json; charset=utf-8').send(text);
  });
  // In a scope of their own, so that the hook is for every file of the page, and not only for its first.
  await app.register(async (scope) => {
    scope.addHook('onRequest', allowed);
    await scope.register(swagger, { mode: 'static', specification: { document } as never });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: PAGE_POLICY,
      uiConfig: { validatorUrl: null, url: '/openapi.json' },
    });
  });
}
