// Requests whose body is a stream of bytes, of any size: it goes on to the service as fast as the service takes it. The other fields come
// from the query, or, where the method takes forms, from there and from the parts of the form.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Contract, MethodContract } from '@egg/contract';
import type { Channel } from '@egg/rpc';
import { hasBody } from './body.ts';
import { HttpError, invalidRequest } from './errors.ts';
import { metadataOf } from './exchange.ts';
import { compileFields } from './fields.ts';
import { boundaryOf, readForm } from './form.ts';
import { compileProgress } from './progress.ts';
import { compileReply } from './reply-json.ts';
import { type IdleWatch, watchIdle } from './stream.ts';
import { formMessages, rawMessages } from './upload-messages.ts';

export interface UploadOptions {
  readonly contract: Contract;
  readonly method: MethodContract;
  readonly channel: Channel;
  /** How long neither side may do anything. */
  readonly idleMs: number;
}

/** How long what nobody wants any more is still read, so that the client comes to read why. */
const DRAIN_MS = 10_000;
const DRAIN_EVERY_MS = 20;

/** Handles the requests of one method whose body is raw. */
export function uploadHandler({ contract, method, channel, idleMs }: UploadOptions) {
  const readFields = compileFields(method);
  const answer = method.replyStream
    ? progressAnswer(contract, method, channel)
    : oneAnswer(contract, method, channel);

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { value, bytes } = readFields(request);
    const boundary = boundaryOf(request.headers['content-type'] ?? '');
    const metadata = metadataOf(request, method);
    // An upload lasts as long as it takes; whether anything happens on it is watched here.
    request.raw.socket.setTimeout(0);
    const watch = watchIdle(reply, idleMs);
    const body = moving(bodyOf(request), watch.progress);
    const messages =
      boundary === undefined
        ? rawMessages(method, bytes, body)
        : formMessages(method, { value, bytes }, readForm(body, boundary));
    reply.raw.once('finish', () => drain(request));
    return answer(request, reply, messages, { metadata, watch });
  };
}

type Answer = (
  request: FastifyRequest,
  reply: FastifyReply,
  messages: AsyncIterable<Uint8Array>,
  call: { readonly metadata: Readonly<Record<string, string>>; readonly watch: IdleWatch },
) => Promise<FastifyReply>;

function progressAnswer(contract: Contract, method: MethodContract, channel: Channel): Answer {
  const answer = compileProgress(contract, method);
  return (request, reply, messages, { metadata, watch }) =>
    answer(request, reply, channel.duplex(method, messages, { metadata, signal: watch.signal }), watch);
}

function oneAnswer(contract: Contract, method: MethodContract, channel: Channel): Answer {
  const write = compileReply(contract, method);
  return async (_request, reply, messages, { metadata, watch }) => {
    const answer = await channel.clientStream(method, messages, { metadata, signal: watch.signal });
    return reply.type('application/json; charset=utf-8').send(write(method.reply.decodeReply(answer)));
  };
}

/** Throws 415 for a body that the method does not take, before any of it is read. */
export function checkUpload({ headers }: FastifyRequest, { multipart }: MethodContract): void {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = headers;
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw unsupported('the body may be compressed by gzip alone');
  if (!/^\s*multipart\//i.test(type)) return;
  if (!multipart) throw unsupported('the body has to be the content itself, not multipart');
  if (!/^\s*multipart\/form-data\s*(;|$)/i.test(type))
    throw unsupported('the body has to be the content itself or multipart/form-data');
}

async function* moving(body: AsyncIterable<Buffer>, progress: () => void): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    progress();
    yield piece;
  }
}

async function* bodyOf(request: FastifyRequest): AsyncGenerator<Buffer> {
  const { raw } = request;
  if (!hasBody(request)) return;
  const stream = request.headers['content-encoding'] === 'gzip' ? unzipped(raw) : raw;
  try {
    // Not destroyed when the service has heard enough: the answer goes over the same connection.
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (thrown) {
    const isZipFault = String((thrown as { code?: unknown }).code).startsWith('Z_');
    throw invalidRequest(isZipFault ? 'the body is not gzip' : 'the body broke off');
  }
  if (!raw.complete) throw invalidRequest('the body broke off');
}

function unzipped(raw: IncomingMessage): Readable {
  const stream = raw.pipe(createGunzip());
  raw.once('close', () => {
    if (!raw.complete) stream.destroy(new Error('the body broke off'));
  });
  return stream;
}

/** A client that still sends does not see an answer on a connection that is closed under it. */
function drain({ raw }: FastifyRequest): void {
  const end = Date.now() + DRAIN_MS;
  const timer = setInterval(() => {
    if (raw.complete || raw.destroyed) clearInterval(timer);
    else if (Date.now() > end) raw.destroy();
    // Again and again, because whoever read it until now may still hold on to it.
    else raw.resume();
  }, DRAIN_EVERY_MS);
}

function unsupported(reason: string): HttpError {
  return new HttpError(415, 'INVALID_ARGUMENT', reason, [{ field: '', reason }]);
}
