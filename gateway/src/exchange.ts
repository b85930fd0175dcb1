// What the gateway knows of one request besides its fields: its id, the signal that the client is gone, what is passed on to the
// service; and, when it is over, its line in the log and in the metrics.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { MethodContract } from '@egg/contract';
import { type Log, invalidField, RpcError } from '@egg/rpc';
import { isFault, statusOf } from './errors.ts';
import type { ObserveRequest } from './metrics.ts';

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** What a header of gRPC can carry. */
const PRINTABLE = /^[\x20-\x7e]*$/;

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request failed, if it did. */
    failure: RpcError | undefined;
  }
}

/** The request's own `X-Request-Id` if it is one, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/**
 * Counts requests under way, but for those that last, which have a bound of their own; refuses more than `maxInFlight`, and tells
 * log and metrics how each ended.
 */
export function registerExchanges(
  app: FastifyInstance,
  { log, observe, maxInFlight }: { log: Log; observe: ObserveRequest; maxInFlight: number },
): void {
  let inFlight = 0;
  const tell = teller(log, observe);
  app.decorateRequest('failure', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    const startedMs = performance.now();
    const { isLasting = false, isProbe = false } = request.routeOptions.config;
    const counted = isLasting ? 0 : 1;
    // What lasts ends when the client has enough of it.
    let isComplete = isLasting;
    inFlight += counted;
    reply.raw.once('finish', () => {
      isComplete = true;
    });
    reply.raw.once('close', () => {
      inFlight -= counted;
      tell(request, reply, { isComplete, ms: Math.round((performance.now() - startedMs) * 1000) / 1000 });
    });
    if (inFlight > maxInFlight && !isProbe && !isLasting) {
      done(new RpcError('RESOURCE_EXHAUSTED', 'too many requests are under way'));
    } else {
      done();
    }
  });
}

/** Aborted when the client went away before its answer was complete. */
export function clientSignal(reply: FastifyReply): AbortController {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) controller.abort();
  });
  return controller;
}

/** The address that the request came from; undefined where its connection is gone. */
export function addressOf(request: FastifyRequest): string | undefined {
  // Behind a proxy that is trusted the one that it names, if that is one.
  const address = isIP(request.ip ?? '') === 0 ? request.raw.socket.remoteAddress : request.ip;
  // A socket for both families shows IPv4 in IPv6.
  return address?.replace(/^::ffff:/, '');
}

/** What a service is told besides the message. Throws INVALID_ARGUMENT that names a header that gRPC cannot carry. */
export function metadataOf(request: FastifyRequest, method: MethodContract): Record<string, string> {
  const { headers } = request;
  const metadata: Record<string, string> = { 'x-request-id': request.id };
  const address = addressOf(request);
  if (address !== undefined) metadata['x-forwarded-for'] = address;
  if (headers.authorization !== undefined) {
    metadata['authorization'] = printable('Authorization', headers.authorization);
  }
  if (!method.writes) return metadata;
  const key = headers['idempotency-key'];
  if (key !== undefined) metadata['idempotency-key'] = printable('Idempotency-Key', String(key));
  const revision = headers['if-match'];
  if (revision !== undefined) metadata['if-match'] = printable('If-Match', revision);
  return metadata;
}

function printable(name: string, value: string): string {
  if (PRINTABLE.test(value)) return value;
  throw invalidField(name, 'has to be visible ASCII characters');
}

/** Without the query, which may hold what is nobody's business, and of bounded length. */
function pathOf(request: FastifyRequest): string {
  const { url } = request;
  const end = url.indexOf('?');
  return url.slice(0, Math.min(end === -1 ? url.length : end, 256));
}

interface End {
  /** All of the answer was sent. */
  readonly isComplete: boolean;
  readonly ms: number;
}

/** Tells log and metrics of a request that is over. */
function teller(log: Log, observe: ObserveRequest) {
  return (request: FastifyRequest, reply: FastifyReply, { isComplete, ms }: End): void => {
    const { failure } = request;
    const status = isComplete ? String(reply.raw.statusCode) : 'broken';
    observe(request.routeOptions.url ?? 'none', request.method, status, ms / 1000);
    const fields = { request_id: request.id, method: request.method, path: pathOf(request), status, ms };
    if (!failure && isComplete) {
      log.debug(fields, 'request answered');
      return;
    }
    const told = { ...fields, code: failure?.code, reason: failure?.message.slice(0, 512) };
    if (failure && isFault(failure)) log.error({ ...told, err: failure.cause ?? failure }, 'request failed');
    else if (!isComplete) log.info(told, 'connection closed before the answer was complete');
    else if (failure && statusOf(failure) >= 500) log.warn(told, 'request failed');
    else log.info(told, 'request refused');
  };
}
