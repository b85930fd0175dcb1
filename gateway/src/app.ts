// The gateway: HTTP on one side, the services' channels on the other, and between them what the contract says.

import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import fastify, { type FastifyInstance } from 'fastify';
import type { Bus } from '@egg/bus';
import type { Contract } from '@egg/contract';
import type { Authorize, Channel, Log } from '@egg/rpc';
import type { Access, Metrics } from '@egg/service';
import { authorizeHook, readingMethod, registerOpenMode } from './auth.ts';
import { registerBodies } from './body.ts';
import { clientErrorHandler, registerHostCheck } from './client-errors.ts';
import { registerDocs } from './docs.ts';
import { answerError, registerErrors } from './errors.ts';
import { EventHub, type HubOptions } from './events/hub.ts';
import { registerExchanges, requestIdOf } from './exchange.ts';
import { registerHeaders, setHeaders } from './headers.ts';
import { registerHealth, registerMetrics } from './health.ts';
import { listenerMetrics, requestMetrics } from './metrics.ts';
import { registerNotFound } from './not-found.ts';
import { registerRequestTimeout } from './request-timeout.ts';
import { registerRoutes } from './routes.ts';

export interface AppOptions {
  readonly contract: Contract;
  /** The services, by package. */
  readonly channels: ReadonlyMap<string, Channel>;
  readonly authorize: Authorize;
  /** Without one there are no events. */
  readonly bus?: Bus;
  /** Whether there has been no admin token yet, so that anybody on this machine may do all. Throws UNAVAILABLE while nobody knows. */
  readonly isOpen: Access['isOpen'];
  readonly log: Log;
  readonly metrics: Metrics;
  /** Errors of the panel's own routes come with HTTP status 200. */
  readonly legacyStatus?: boolean;
  /** Which peers say in `X-Forwarded-For` for whom they ask. Default: none. */
  readonly trustProxy?: (address: string | undefined) => boolean;
  /** How long a call with one reply may take. */
  readonly timeoutMs?: number;
  /** How long nothing may happen on a stream. */
  readonly idleMs?: number;
  /** How events are sent. */
  readonly events?: Omit<HubOptions, 'bus' | 'contract' | 'log'>;
  /** More requests at once than this are refused; listeners of events are not counted. */
  readonly maxInFlight?: number;
  /** The largest body, in bytes. */
  readonly bodyLimit?: number;
}

const REQUEST_TIMEOUT_MS = 60_000;

/** Builds the gateway, ready to listen or to be injected into. The caller closes it. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { contract, channels, authorize, bus, log, metrics } = options;
  const { timeoutMs = 10_000, idleMs = 60_000, maxInFlight = 4096, bodyLimit = 1024 * 1024 } = options;
  const app = fastify({
    genReqId: requestIdOf,
    trustProxy: options.trustProxy ?? false,
    bodyLimit,
    // For all but uploads there is one of our own.
    requestTimeout: 0,
    connectionTimeout: 2 * idleMs,
    keepAliveTimeout: 72_000,
    // Requests on their way while it closes are answered as ever.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // A query of the longest text that a field takes, percent-encoded, has to fit.
    http: { requireHostHeader: false, maxHeaderSize: 64 * 1024 },
    clientErrorHandler: clientErrorHandler(log),
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      answerError(error, request, reply);
    },
    routerOptions: { querystringParser: (text) => ({ text }) },
  });
  // Headers are bounded in bytes. A bound in number would drop the rest in silence, the Host or the Origin among them.
  app.server.maxHeadersCount = 0;
  registerHeaders(app);
  registerErrors(app, { legacyStatus: options.legacyStatus ?? false });
  registerExchanges(app, { log, observe: requestMetrics(metrics.registry), maxInFlight });
  registerRequestTimeout(app, REQUEST_TIMEOUT_MS);
  registerHostCheck(app);
  registerOpenMode(app, options.isOpen);
  registerNotFound(app);
  registerBodies(app);
  await app.register(compress, {
    globalDecompression: false,
    threshold: 1024,
    encodings: ['br', 'gzip', 'deflate'],
    // A small window: each stream under way has one.
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 } },
  });
  const hub = bus && new EventHub({ ...options.events, bus, contract, log });
  if (hub) {
    listenerMetrics(metrics.registry, hub);
    // Before it waits for what is under way, for this would never end.
    app.addHook('preClose', () => hub.close());
  }
  registerRoutes(app, { contract, channels, authorize, timeoutMs, idleMs, hub });
  const readers = authorizeHook(authorize, readingMethod(contract));
  registerHealth(app, { channels, bus, isOpen: options.isOpen });
  registerMetrics(app, metrics, readers);
  await registerDocs(app, contract, readers);
  await app.ready();
  return app;
}
