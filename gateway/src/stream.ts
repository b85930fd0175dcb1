// Answers that are streams: the first reply decides between an error and a 200, what follows is written as fast as the client
// reads, and what fails in the middle breaks the connection, so that half an answer never looks whole.

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Contract, MethodContract } from '@egg/contract';
import { type Channel, RpcError, toRpcError } from '@egg/rpc';
import { clientSignal, metadataOf } from './exchange.ts';
import { compileFields } from './fields.ts';
import { type ImmutableHeaders, immutableHeaders, matchesTag } from './immutable.ts';
import { compileStream, type StreamWriter } from './stream-json.ts';

type Data = Readonly<Record<string, unknown>>;

export interface StreamOptions {
  readonly contract: Contract;
  readonly method: MethodContract;
  readonly channel: Channel;
  /** How long neither side may do anything. */
  readonly idleMs: number;
}

/** Handles the requests of one json_stream method. */
export function streamHandler({ contract, method, channel, idleMs }: StreamOptions) {
  const readFields = compileFields(method);
  const startWriter = compileStream(contract, method);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { value, bytes } = readFields(request);
    const metadata = metadataOf(request, method);
    const watch = watchIdle(reply, idleMs);
    const replies = channel.serverStream(method, bytes, { metadata, signal: watch.signal });
    const iterator = replies[Symbol.asyncIterator]();
    const first = await nextData(method, iterator, watch);
    if (first === undefined) throw new Error(`${method.path} answered with nothing`);

    const headers = immutableHeaders(method, value, first);
    if (headers) reply.headers({ ...headers });
    if (isKnown(request, headers)) return leave(reply.code(304), iterator, undefined);
    reply.type('application/json; charset=utf-8');
    if (request.method === 'HEAD') return leave(reply, iterator, Readable.from([]));
    const body = write(request, startWriter(), first, () => nextData(method, iterator, watch), iterator);
    return reply.send(Readable.from(body, { objectMode: false }));
  };
}

/** Yields Buffers, because the stream counts what waits in bytes. */
async function* write(
  request: FastifyRequest,
  writer: StreamWriter,
  first: Data,
  next: () => Promise<Data | undefined>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Buffer> {
  try {
    for (let data: Data | undefined = first; data; data = await next()) {
      const text = writer.reply(data);
      if (text !== '') yield Buffer.from(text);
    }
    yield Buffer.from(writer.end());
  } catch (thrown) {
    request.failure = toRpcError(thrown);
    throw thrown;
  } finally {
    await iterator.return?.();
  }
}

async function nextData(
  method: MethodContract,
  iterator: AsyncIterator<Uint8Array>,
  watch: IdleWatch,
): Promise<Data | undefined> {
  const reply = await nextReply(method, iterator, watch);
  if (!reply) return undefined;
  const { data } = reply as { data?: Data | null };
  if (!data) throw new Error(`${method.path} answered without data`);
  return data;
}

/** The next reply of a stream; undefined at its end. Throws why the watch ended the call, if it did. */
export async function nextReply(
  method: MethodContract,
  iterator: AsyncIterator<Uint8Array>,
  watch: IdleWatch,
): Promise<Data | undefined> {
  watch.progress();
  try {
    const next = await iterator.next();
    watch.progress();
    return next.done === true ? undefined : (method.reply.decodeReply(next.value) as Data);
  } catch (thrown) {
    throw watch.signal.reason instanceof RpcError ? watch.signal.reason : thrown;
  }
}

/** Whether anything happens on a stream. */
export interface IdleWatch {
  readonly signal: AbortSignal;
  /** Something did. */
  progress(this: void): void;
}

/** Ends the call when the client is gone, or when neither side did anything for `idleMs`. */
export function watchIdle(reply: FastifyReply, idleMs: number): IdleWatch {
  const controller = clientSignal(reply);
  const timer = setTimeout(() => {
    controller.abort(new RpcError('DEADLINE_EXCEEDED', `nothing came for ${idleMs} ms`));
    if (reply.raw.headersSent) reply.raw.destroy();
  }, idleMs);
  reply.raw.once('close', () => clearTimeout(timer));
  return { signal: controller.signal, progress: () => timer.refresh() };
}

function isKnown({ headers }: FastifyRequest, immutable: ImmutableHeaders | undefined): boolean {
  return immutable !== undefined && matchesTag(headers['if-none-match'], immutable.etag);
}

/** Answers without the rest of the stream. */
async function leave(
  reply: FastifyReply,
  iterator: AsyncIterator<Uint8Array>,
  body: Readable | undefined,
): Promise<FastifyReply> {
  await iterator.return?.();
  return reply.send(body);
}
