// Answers that are a file: the first reply says what comes, the others have its bytes, which are written as fast as the client reads.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MethodContract } from '@egg/contract';
import { type Channel, toRpcError } from '@egg/rpc';
import { metadataOf } from './exchange.ts';
import { compileFields } from './fields.ts';
import { nextReply, watchIdle } from './stream.ts';

interface ContentReply {
  readonly head?: { readonly sha256: string; readonly length: number };
  readonly content?: Buffer;
}

export interface ContentOptions {
  readonly method: MethodContract;
  readonly channel: Channel;
  readonly idleMs: number;
}

/** Handles the requests of one method whose answer is a file. */
export function contentHandler({ method, channel, idleMs }: ContentOptions) {
  const readFields = compileFields(method);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { bytes } = readFields(request);
    const metadata = metadataOf(request, method);
    const watch = watchIdle(reply, idleMs);
    const replies = channel.serverStream(method, bytes, { metadata, signal: watch.signal });
    const iterator = replies[Symbol.asyncIterator]();
    const next = () => nextReply(method, iterator, watch) as Promise<ContentReply | undefined>;
    const first = await next();
    if (!first?.head) throw new Error(`${method.path} answered without a head`);
    reply.type('application/octet-stream').header('etag', `"${first.head.sha256}"`);
    return reply.send(Readable.from(contents(request, next, iterator), { objectMode: false }));
  };
}

async function* contents(
  request: FastifyRequest,
  next: () => Promise<ContentReply | undefined>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Buffer> {
  try {
    for (let reply = await next(); reply; reply = await next()) {
      if (reply.content && reply.content.length > 0) yield reply.content;
    }
  } catch (thrown) {
    request.failure = toRpcError(thrown);
    throw thrown;
  } finally {
    await iterator.return?.();
  }
}
