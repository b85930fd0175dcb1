// Answers `GET /events`: checks what is asked, writes the head, and leaves the rest to the hub.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MethodContract } from '@egg/contract';
import { type Authorize, RpcError } from '@egg/rpc';
import { compileFields } from '../fields.ts';
import type { EventHub } from './hub.ts';
import { OPENING } from './sse.ts';
import { readCursor, readSubjects } from './subscription.ts';

export interface EventsOptions {
  readonly method: MethodContract;
  readonly authorize: Authorize;
  /** Absent where the gateway has no bus. */
  readonly hub: EventHub | undefined;
}

interface Asked {
  readonly subjects?: readonly string[];
  readonly last_event_id?: string;
}

/** No one between may wait for the end of the answer (`X-Accel-Buffering` is nginx's). */
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
  connection: 'close',
};

/** Handles the requests of one method with body `sse`. */
export function eventsHandler({ method, authorize, hub }: EventsOptions) {
  const readFields = compileFields(method);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { subjects, last_event_id: field } = readFields(request).value as Asked;
    if (!hub) throw new RpcError('UNAVAILABLE', 'there is no bus');
    const wanted = readSubjects(subjects, hub.origins);
    const points = readCursor(request.headers['last-event-id'] as string | undefined, field);
    hub.checkRoom();
    reply.headers(HEADERS);
    if (request.method === 'HEAD') return reply.send();

    const { authorization } = request.headers;
    reply.hijack();
    const response = reply.raw;
    // The end of the connection is the end of the answer. So each event is one write of bytes that all listeners share.
    response.removeHeader('transfer-encoding');
    response.writeHead(200, reply.getHeaders() as never);
    response.write(OPENING);
    hub.add(response, { ...wanted, ...(points && { points }), isAllowed: () => mayStill(authorization) });
    return reply;
  };

  /** A token may be revoked, or come of age, long after the request. */
  async function mayStill(authorization: string | undefined): Promise<boolean> {
    try {
      await authorize(authorization, method);
      return true;
    } catch (error) {
      return !(error instanceof RpcError && /^UNAUTHENTICATED$|^PERMISSION_DENIED$/.test(error.code));
    }
  }
}
