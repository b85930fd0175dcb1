// Answers of methods that take long: one JSON object at the end, or, for a client that asks for `text/event-stream`, events
// `progress` on the way and then `result` or `error`, so that a page or a command line can draw a bar.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Contract, MethodContract } from '@egg/contract';
import { type Channel, toRpcError } from '@egg/rpc';
import { envelopeOf } from './errors.ts';
import { metadataOf } from './exchange.ts';
import { compileFields } from './fields.ts';
import { compileReply } from './reply-json.ts';
import { type IdleWatch, nextReply, watchIdle } from './stream.ts';

type Reply = Readonly<Record<string, unknown>>;
type Answer = (
  request: FastifyRequest,
  reply: FastifyReply,
  replies: AsyncIterable<Uint8Array>,
  watch: IdleWatch,
) => Promise<FastifyReply>;

export interface ProgressOptions {
  readonly contract: Contract;
  readonly method: MethodContract;
  readonly channel: Channel;
  readonly idleMs: number;
}

/** Handles the requests of one method that takes long. */
export function progressHandler({ contract, method, channel, idleMs }: ProgressOptions) {
  const readFields = compileFields(method);
  const answer = compileProgress(contract, method);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { bytes } = readFields(request);
    const metadata = metadataOf(request, method);
    request.raw.socket.setTimeout(0);
    const watch = watchIdle(reply, idleMs);
    return answer(
      request,
      reply,
      channel.serverStream(method, bytes, { metadata, signal: watch.signal }),
      watch,
    );
  };
}

/** Makes the answers of one method. Throws an Error that names it if its replies have no `progress` and `data`. */
export function compileProgress(contract: Contract, method: MethodContract): Answer {
  const names = method.reply.fields.map(({ name }) => name);
  if (!names.includes('progress') || !names.includes('data'))
    throw new Error(`${method.path}: a reply with body: progress has to have progress and data`);
  const write = compileReply(contract, method);

  return async (request, reply, replies, watch) => {
    const iterator = replies[Symbol.asyncIterator]();
    const next = () => nextReply(method, iterator, watch);
    // Whatever is wrong with the request is answered with its own status, also to who asks for events.
    let last = await next();
    if (wantsEvents(request)) {
      reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
      return reply.send(Readable.from(events(request, last, next, write), { objectMode: false }));
    }
    for (let one: Reply | undefined = last; one; one = await next()) last = one;
    if (last?.['data'] === undefined) throw new Error(`${method.path} answered with nothing`);
    return reply.type('application/json; charset=utf-8').send(write(last));
  };
}

function wantsEvents({ headers }: FastifyRequest): boolean {
  return /\btext\/event-stream\b/i.test(headers.accept ?? '');
}

async function* events(
  request: FastifyRequest,
  first: Reply | undefined,
  next: () => Promise<Reply | undefined>,
  write: (reply: Reply) => string,
): AsyncGenerator<Buffer> {
  try {
    for (let reply = first; reply; reply = await next()) {
      if (reply['data'] !== undefined) yield event('result', write(reply));
      else yield event('progress', JSON.stringify(reply['progress']));
    }
  } catch (thrown) {
    const error = toRpcError(thrown);
    request.failure = error;
    yield event('error', JSON.stringify(envelopeOf(error, request.id)));
  }
}

function event(name: string, json: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${json}\n\n`);
}
