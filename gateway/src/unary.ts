// Answers that are one message: read the fields, call the service, write its reply.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Contract, MethodContract } from '@egg/contract';
import type { Channel } from '@egg/rpc';
import { clientSignal, metadataOf } from './exchange.ts';
import { compileFields } from './fields.ts';
import { compileReply } from './reply-json.ts';

export interface UnaryOptions {
  readonly contract: Contract;
  readonly method: MethodContract;
  readonly channel: Channel;
  /** How long a call may take. */
  readonly timeoutMs: number;
}

/** Handles the requests of one method with one reply. */
export function unaryHandler({ contract, method, channel, timeoutMs }: UnaryOptions) {
  const readFields = compileFields(method);
  const write = compileReply(contract, method);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { bytes } = readFields(request);
    const answer = await channel.unary(method, bytes, {
      metadata: metadataOf(request, method),
      deadline: Date.now() + timeoutMs,
      signal: clientSignal(reply).signal,
    });
    reply.type('application/json; charset=utf-8');
    return reply.send(write(method.reply.decodeReply(answer)));
  };
}
