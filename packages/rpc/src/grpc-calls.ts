// Makes calls by grpc-js, one HTTP/2 stream each: for streams always, for unary calls where frames are not wanted.

import type { Client, ClientReadableStream, ClientWritableStream } from '@grpc/grpc-js';
import type { MethodContract } from '@egg/contract';
import { asBuffer } from './grpc-handlers.ts';
import { exchangeAll } from './grpc-duplex.ts';
import { same, toMetadata, toOptions, watch } from './grpc-options.ts';
import { CallEnd, promiseEnd, sendEach } from './grpc-send.ts';
import { fromStatus } from './grpc-status.ts';
import type { CallOptions, Channel } from './model.ts';

type GrpcCalls = Pick<Channel, 'unary' | 'serverStream' | 'clientStream' | 'duplex'>;

/** Calls through a client of grpc-js. */
export function grpcCalls(client: Client): GrpcCalls {
  return {
    async unary(method, request, options = {}) {
      const metadata = toMetadata(options);
      return new Promise((resolve, reject) => {
        const call = client.makeUnaryRequest(
          method.path,
          asBuffer,
          same,
          request,
          metadata,
          toOptions(options),
          (error, reply) => {
            stopWatching();
            if (error || !reply) reject(fromStatus(error));
            else resolve(reply);
          },
        );
        const stopWatching = watch(options.signal, call);
      });
    },

    async *serverStream(method, request, options = {}) {
      const call: ClientReadableStream<Buffer> = client.makeServerStreamRequest(
        method.path,
        asBuffer,
        same,
        request,
        toMetadata(options),
        toOptions(options),
      );
      yield* readAll(call, options.signal);
    },

    clientStream: (method, requests, options = {}) => sendAll(client, method, requests, options),
    duplex: (method, requests, options = {}) => exchangeAll(client, method, requests, options),
  };
}

async function* readAll(call: ClientReadableStream<Buffer>, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const stopWatching = watch(signal, call);
  try {
    for await (const reply of call) yield reply as Buffer;
  } catch (thrown) {
    throw fromStatus(thrown);
  } finally {
    stopWatching();
    call.on('error', () => {}); // whoever left early does not hear of the cancellation
    call.cancel();
  }
}

async function sendAll(
  client: Client,
  method: MethodContract,
  requests: AsyncIterable<Uint8Array>,
  options: CallOptions,
): Promise<Uint8Array> {
  const metadata = promiseEnd(toMetadata(options));
  const end = new CallEnd();
  const { promise: reply, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const call: ClientWritableStream<Uint8Array> = client.makeClientStreamRequest(
    method.path,
    asBuffer,
    same,
    metadata,
    toOptions(options),
    (error, answer) => {
      end.tell();
      if (error || !answer) reject(fromStatus(error));
      else resolve(answer);
    },
  );
  const stopWatching = watch(options.signal, call);
  const sent = sendEach(call, requests, end);
  try {
    // A fault of the source must break the call, or half of the stream would look like the whole.
    return await Promise.race([reply, sent.then(() => reply)]);
  } catch (thrown) {
    call.cancel();
    throw thrown;
  } finally {
    reply.catch(() => {});
    sent.catch(() => {});
    stopWatching();
  }
}
