// Answers that are a file, or a part of one: the first reply says what comes, the others have its bytes, which are written as fast as the
// client reads. What fails in the middle breaks the connection, so that half a file never looks whole.

import { Readable } from 'node:stream';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MethodContract } from '@egg/contract';
import { type Channel, toRpcError } from '@egg/rpc';
import { type AskedRange, isRangeMeant, isUnmodified, parseRange } from './byte-ranges.ts';
import { HttpError } from './errors.ts';
import { metadataOf } from './exchange.ts';
import { compileFields } from './fields.ts';
import { matchesTag } from './immutable.ts';
import { nextReply, watchIdle } from './stream.ts';

interface Head {
  readonly name: string;
  readonly sha256: string;
  /** Of the whole. */
  readonly size: number;
  readonly offset: number;
  readonly length: number;
  readonly updated_at: Date;
}

interface ContentReply {
  readonly head?: Head;
  readonly content?: Buffer;
}

/** A download that has begun. */
interface Download {
  readonly head: Head;
  readonly next: () => Promise<ContentReply | undefined>;
  /** Ends it early. */
  readonly leave: () => Promise<void>;
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
    const { value } = readFields(request);
    const metadata = metadataOf(request, method);
    const watch = watchIdle(reply, idleMs);
    const begin = async (range: AskedRange | undefined): Promise<Download> => {
      const bytes = method.request.encode({ ...value, ...range });
      const replies = channel.serverStream(method, bytes, { metadata, signal: watch.signal });
      const iterator = replies[Symbol.asyncIterator]();
      const next = () => nextReply(method, iterator, watch) as Promise<ContentReply | undefined>;
      const first = await next();
      if (!first?.head) throw new Error(`${method.path} answered without a head`);
      return { head: first.head, next, leave: async () => void (await iterator.return?.()) };
    };

    let range = isWholeAsked(request, value) ? undefined : parseRange(request.headers.range);
    let download = await begin(range);
    if (range && !isMeant(request, download.head)) {
      await download.leave();
      range = undefined;
      download = await begin(range);
    }
    const { head } = download;
    setHeaders(reply, head);
    if (isKnown(request, head)) {
      await download.leave();
      return reply.code(304).send();
    }
    if (range && head.length === 0) {
      await download.leave();
      throw unsatisfiable(reply, head);
    }
    if (range) reply.code(206).header('content-range', contentRange(head));
    setBodyHeaders(reply, head);
    if (request.method === 'HEAD') {
      await download.leave();
      return reply.send(Readable.from([]));
    }
    return reply.send(Readable.from(contents(request, download), { objectMode: false }));
  };
}

/** `Range` means something to GET alone, and nothing where the query says already which part is wanted. */
function isWholeAsked({ method }: FastifyRequest, value: Readonly<Record<string, unknown>>): boolean {
  return method !== 'GET' || value['offset'] !== undefined || value['length'] !== undefined;
}

function tagOf({ sha256 }: Head): string {
  return `"${sha256}"`;
}

function isMeant({ headers }: FastifyRequest, head: Head): boolean {
  const validators = { etag: tagOf(head), lastModified: head.updated_at };
  return isRangeMeant(headers['if-range'] as string | undefined, validators);
}

function isKnown({ headers }: FastifyRequest, head: Head): boolean {
  const tags = headers['if-none-match'];
  return tags === undefined
    ? isUnmodified(headers['if-modified-since'], head.updated_at)
    : matchesTag(tags, tagOf(head));
}

/** Of the file, whatever part of it comes. */
function setHeaders(reply: FastifyReply, head: Head): void {
  reply.headers({
    etag: tagOf(head),
    'last-modified': head.updated_at.toUTCString(),
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
  });
}

function setBodyHeaders(reply: FastifyReply, { name, length }: Head): void {
  const [base = name] = /[^/]*$/.exec(name) ?? [];
  reply.type('application/octet-stream').headers({
    'content-length': String(length),
    // Dots alone are no file where it is saved.
    'content-disposition': contentDisposition(/^\.*$/.test(base) ? 'file' : base),
  });
}

function contentRange({ offset, length, size }: Head): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}

function unsatisfiable(reply: FastifyReply, { size }: Head): HttpError {
  const reason = `is behind the end: there are ${size} bytes`;
  reply.removeHeader('last-modified').header('content-range', `bytes */${size}`);
  return new HttpError(416, 'OUT_OF_RANGE', `Range ${reason}`, [{ field: 'Range', reason }]);
}

async function* contents(request: FastifyRequest, { next, leave }: Download): AsyncGenerator<Buffer> {
  try {
    for (let reply = await next(); reply; reply = await next()) {
      if (reply.content && reply.content.length > 0) yield reply.content;
    }
  } catch (thrown) {
    request.failure = toRpcError(thrown);
    throw thrown;
  } finally {
    await leave();
  }
}
