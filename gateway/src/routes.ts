// Makes a route of every method that has a path. There is no line here for any one of them.

import type { FastifyInstance } from 'fastify';
import type { Contract, MethodContract, ServiceContract } from '@egg/contract';
import type { Authorize, Channel } from '@egg/rpc';
import { authorizeHook } from './auth.ts';
import { checkBodyKind, registerRawBodies } from './body.ts';
import { contentHandler } from './content.ts';
import { eventsHandler } from './events/handler.ts';
import type { EventHub } from './events/hub.ts';
import { progressHandler } from './progress.ts';
import { rawHandler } from './raw.ts';
import { streamHandler } from './stream.ts';
import { unaryHandler } from './unary.ts';
import { checkUpload, uploadHandler } from './upload.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** One of the panel's own routes, whose errors can be asked to come with 200. */
    isOriginal?: boolean;
    /** Answered however much is under way. */
    isProbe?: boolean;
    /** The body is a stream of any size, which the handler reads. */
    isUpload?: boolean;
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
  addRoutes(app, options, ({ rawField }) => rawField === undefined);
  void app.register((uploads, _options, done) => {
    registerRawBodies(uploads);
    addRoutes(uploads, options, ({ rawField }) => rawField !== undefined);
    done();
  });
}

function addRoutes(
  app: FastifyInstance,
  options: RouteOptions,
  isWanted: (method: MethodContract) => boolean,
): void {
  for (const service of options.contract.services) {
    for (const method of service.methods.filter(isWanted)) {
      if (!method.http) continue;
      const isUpload = method.rawField !== undefined;
      app.route({
        method: method.http.verb,
        url: method.http.path,
        config: { isOriginal: method.original, isLasting: method.body === 'sse', isUpload },
        // What tells of progress has to go out at once, and the result is short.
        ...(method.body === 'progress' && { compress: false as const }),
        // What a file's content is counted in are its own bytes.
        ...(method.body === 'content' && { compress: false as const }),
        onRequest: [
          authorizeHook(options.authorize, method),
          (request, _reply, done) => {
            if (isUpload) checkUpload(request, method);
            else checkBodyKind(request, method.original);
            done();
          },
        ],
        handler: handlerOf(service, method, options),
      });
    }
  }
}

function handlerOf(service: ServiceContract, method: MethodContract, options: RouteOptions) {
  if (method.body === 'sse') return eventsHandler({ ...options, method });
  const channel = options.channels.get(service.package);
  if (!channel) throw new Error(`${method.path}: no channel to ${service.package}`);
  const { requestStream, rawField, replyStream, body } = method;
  if (requestStream !== (rawField !== undefined))
    throw new Error(`${method.path}: a stream of requests needs a body that names the bytes`);
  if (replyStream !== (body !== 'json'))
    throw new Error(`${method.path}: a stream of replies goes with every kind of body but json`);
  if (requestStream) return uploadHandler({ ...options, method, channel });
  if (body === 'progress') return progressHandler({ ...options, method, channel });
  if (body === 'raw') return rawHandler({ ...options, method, channel });
  if (body === 'content') return contentHandler({ ...options, method, channel });
  return replyStream
    ? streamHandler({ ...options, method, channel })
    : unaryHandler({ ...options, method, channel });
}
