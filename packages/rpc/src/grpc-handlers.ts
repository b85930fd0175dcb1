// Serves the contract's methods by the four kinds of call that grpc-js has. Messages pass as bytes: the pipeline reads them.

import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type MethodDefinition,
  type sendUnaryData,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import type { MethodContract } from '@egg/contract';
import type { RpcError } from './errors.ts';
import { mayBeEnd, promisesEnd } from './grpc-send.ts';
import { toStatus } from './grpc-status.ts';
import type { Handler } from './model.ts';
import type { Pipeline, Requests } from './pipeline.ts';
import { cancelled, ServerCall } from './server-call.ts';

type Unary = ServerUnaryCall<Buffer, Buffer> | ServerReadableStream<Buffer, Buffer>;
type Streaming = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

/** In bytes: what waits in a call for a slow reader. The streams of grpc-js count messages alone, of any size. */
const MOST_WAITING = 256 * 1024;
/** How soon a reset comes after the end that it looks like, from a caller who does not say the end. */
const RESET_MS = 25;

/** A method whose messages are bytes on both sides. */
export function rawMethod(method: {
  path: string;
  requestStream: boolean;
  replyStream: boolean;
}): MethodDefinition<Buffer, Buffer> {
  return {
    path: method.path,
    requestStream: method.requestStream,
    responseStream: method.replyStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

/** The same bytes as the Buffer that grpc-js asks for. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** All calls under way, so that a stop can end them. */
export type OpenCalls = Set<ServerCall>;

/** What grpc-js calls for this method. */
export function grpcHandler(
  pipeline: Pipeline,
  method: MethodContract,
  handler: Handler,
  open: OpenCalls,
): UntypedHandleCall {
  return method.replyStream ? streaming : unary;

  function unary(call: Unary, answer: sendUnaryData<Buffer>): void {
    const served = take(call, open);
    pipeline
      .reply(method, handler, requestsOf(call, served), served)
      .then(
        (reply) => answer(null, asBuffer(reply)),
        (error: RpcError) => answer(toStatus(error)),
      )
      .finally(() => open.delete(served));
  }

  function streaming(call: Streaming): void {
    const served = take(call, open);
    const replies = pipeline.replies(method, handler, requestsOf(call, served), served);
    writeAll(replies, call, served)
      .then(
        () => call.end(),
        (error: RpcError) => call.emit('error', toStatus(error)),
      )
      .finally(() => open.delete(served));
  }
}

/** Writes as fast as the other side reads. */
async function writeAll(
  replies: AsyncIterable<Uint8Array>,
  call: Streaming,
  served: ServerCall,
): Promise<void> {
  let waiting = 0;
  let taken = Promise.withResolvers<void>();
  for await (const reply of replies) {
    const { length } = reply;
    waiting += length;
    call.write(asBuffer(reply), () => {
      waiting -= length;
      if (waiting <= MOST_WAITING) taken.resolve();
    });
    // grpc-js says neither on a call that was cancelled, hence the races.
    if (waiting > MOST_WAITING) {
      taken = Promise.withResolvers();
      await served.race(taken.promise);
    }
    if (call.writableNeedDrain) await served.race(drained(call));
  }
}

function drained(call: Streaming): Promise<void> {
  return new Promise((resolve) => call.once('drain', resolve));
}

function take(call: Unary | Streaming, open: OpenCalls): ServerCall {
  const deadline = call.getDeadline();
  const served = new ServerCall({
    metadata: textOf(call.metadata),
    deadline: deadline instanceof Date ? deadline.getTime() : deadline,
    peer: addressOf(call.getPeer()),
  });
  open.add(served);
  (call as EventEmitter).on('cancelled', () => served.cancel(cancelled()));
  return served;
}

function requestsOf(call: Unary | Streaming, served: ServerCall): Requests {
  return 'request' in call ? call.request : requestStream(call, served);
}

async function* requestStream(
  call: ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  served: ServerCall,
): AsyncGenerator<Buffer> {
  // Not destroyed when the handler has read enough: a duplex still has its replies to write.
  const messages = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  if (promisesEnd(call.metadata)) {
    yield* untilEnd(messages, served);
    return;
  }
  yield* messages;
  // A stream that was reset looks ended before it looks reset. Sending the headers makes grpc-js look.
  call.sendMetadata(new Metadata());
  await delay(RESET_MS);
  served.check();
}

/** The messages before the one that means the end. Throws CANCELLED where that does not come. */
async function* untilEnd(messages: AsyncIterable<Buffer>, served: ServerCall): AsyncGenerator<Buffer> {
  let end: Buffer | undefined;
  for await (const message of messages) {
    if (end) yield end;
    end = mayBeEnd(message) ? message : undefined;
    if (!end) yield message;
  }
  served.check();
  if (!end) throw cancelled();
}

function textOf(metadata: Metadata): Record<string, string> {
  const text: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata.getMap()))
    if (typeof value === 'string') text[key] = value;
  return text;
}

/** The address of `127.0.0.1:1234`, `::1:1234` or `::ffff:127.0.0.1:1234`. */
export function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^::ffff:/, '');
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
