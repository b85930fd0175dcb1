// Makes a route of every method that has a path. There is no line here for any one of them.

import type { FastifyInstance } from 'fastify';
import type { Contract, MethodContract, ServiceContract } from '@egg/contract';
import type { Authorize, Channel } from '@egg/rpc';
import { authorizeHook } from './auth.ts';
import { checkBodyKind } from './body.ts';
import { eventsHandler } from './events/handler.ts';
import type { EventHub } from './events/hub.ts';
import { streamHandler } from './stream.ts';
import { unaryHandler } from './unary.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** One of the panel's own routes, whose errors can be asked to come with 200. */
    isOriginal?: boolean;
    /** Answered however much is under way. */
    isProbe?: boolean;
    /** The answer lasts as long as the client wants. */
    isLasting?: boolean;
  }
}

export interface RouteOptions {
  readonly contract: Contract;
  /** By package. */
  readonly channels: ReadonlyMap<string, Channel>;
  readonly authorize: Authorize;
  readonly timeoutMs: number;
  readonly idleMs: number;
  /** Who listens to the bus; absent where there is none. */
  readonly hub: EventHub | undefined;
}

/** Adds the routes. Throws an Error that names a package without a channel, or a method that HTTP cannot carry. */
export function registerRoutes(app: FastifyInstance, options: RouteOptions): void {
  for (const service of options.contract.services) {
    for (const method of service.methods) {
      if (!method.http) continue;
      app.route({
        method: method.http.verb,
        url: method.http.path,
        config: { isOriginal: method.original, isLasting: method.body === 'sse' },
        onRequest: [
          authorizeHook(options.authorize, method),
          (request, _reply, done) => {
            checkBodyKind(request, method.original);
            done();
          },
        ],
        handler: handlerOf(service, method, options),
      });
    }
  }
}

function handlerOf(service: ServiceContract, method: MethodContract, options: RouteOptions) {
  if (method.requestStream) throw new Error(`${method.path}: no route takes a stream`);
  if (method.body === 'sse') return eventsHandler({ ...options, method });
  const channel = options.channels.get(service.package);
  if (!channel) throw new Error(`${method.path}: no channel to ${service.package}`);
  if (method.replyStream !== (method.body === 'json_stream')) {
    throw new Error(`${method.path}: a stream of replies and body: json_stream go together`);
  }
  return method.replyStream
    ? streamHandler({ ...options, method, channel })
    : unaryHandler({ ...options, method, channel });
}
