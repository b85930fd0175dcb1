// Answers that are text or bytes as they are, such as a list: written as fast as the client reads. What fails in the middle breaks the
// connection, so that half a list never looks whole.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MethodContract } from '@egg/contract';
import { type Channel, toRpcError } from '@egg/rpc';
import { metadataOf } from './exchange.ts';
import { compileFields } from './fields.ts';
import { nextReply, watchIdle } from './stream.ts';

interface RawReply {
  readonly content_type?: string;
  readonly content?: Buffer;
}

export interface RawOptions {
  readonly method: MethodContract;
  readonly channel: Channel;
  readonly idleMs: number;
}

/** Handles the requests of one method with raw answers. Throws an Error that names it if its replies have no `content`. */
export function rawHandler({ method, channel, idleMs }: RawOptions) {
  const readFields = compileFields(method);
  const names = method.reply.fields.map(({ name }) => name);
  if (!names.includes('content_type') || !names.includes('content'))
    throw new Error(`${method.path}: a reply with body: raw has to have content_type and content`);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { bytes } = readFields(request);
    const metadata = metadataOf(request, method);
    const watch = watchIdle(reply, idleMs);
    const replies = channel.serverStream(method, bytes, { metadata, signal: watch.signal });
    const iterator = replies[Symbol.asyncIterator]();
    const next = () => nextReply(method, iterator, watch) as Promise<RawReply | undefined>;
    const first = await next();
    reply.type(first?.content_type ?? 'application/octet-stream');
    if (request.method === 'HEAD') {
      await iterator.return?.();
      return reply.send(Readable.from([]));
    }
    return reply.send(Readable.from(contents(request, first, next, iterator), { objectMode: false }));
  };
}

async function* contents(
  request: FastifyRequest,
  first: RawReply | undefined,
  next: () => Promise<RawReply | undefined>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Buffer> {
  try {
    for (let reply = first; reply; reply = await next()) {
      if (reply.content && reply.content.length > 0) yield reply.content;
    }
  } catch (thrown) {
    request.failure = toRpcError(thrown);
    throw thrown;
  } finally {
    await iterator.return?.();
  }
}
