// The one way a call is served, whatever carried it: authorise, decode, validate, read the metadata, handle, encode. The caller
// is looked at first, so that nobody without a token makes the service work.

import type { MethodContract } from '@egg/contract';
import { idempotencyKeyOf, ifMatchOf, isLoopback, originOf, requestIdOf } from './call-metadata.ts';
import { type CodeName, invalidFields, RpcError, toRpcError } from './errors.ts';
import type { Authorize, CallContext, Handler, Log, Observe } from './model.ts';
import type { ServerCall } from './server-call.ts';

export interface PipelineOptions {
  readonly authorize: Authorize;
  readonly log: Log;
  readonly observe?: Observe;
  /** Which peers, beside those on this machine, may say in `x-forwarded-for` for whom they call. Default: none. */
  readonly trustForwarded?: (peer: string) => boolean;
  /** The largest request and reply, in bytes. Default: 4 MiB. */
  readonly maxMessageBytes?: number;
}

export const DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** A request as it came: one message, or a stream of them. */
export type Requests = Uint8Array | AsyncIterable<Uint8Array>;

/** Serves calls. Both ways throw nothing but RpcErrors, and finish the ServerCall. */
export interface Pipeline {
  /** For methods with one reply. */
  reply(method: MethodContract, handler: Handler, requests: Requests, call: ServerCall): Promise<Uint8Array>;
  /** For methods with a stream of replies. Ending the iteration early ends the handler's. */
  replies(
    method: MethodContract,
    handler: Handler,
    requests: Requests,
    call: ServerCall,
  ): AsyncGenerator<Uint8Array>;
}

type AnyHandler = (request: object, context: CallContext) => unknown;

const NO_BYTES = new Uint8Array();

/** The pipeline of one process. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { authorize, log, observe, trustForwarded } = options;
  const limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;

  async function start(
    method: MethodContract,
    handler: Handler,
    requests: Requests,
    call: ServerCall,
    requestId: string,
  ) {
    call.check();
    const { metadata } = call;
    const from = originOf(metadata, call.peer, (peer) => isLoopback(peer) || trustForwarded?.(peer) === true);
    const caller = await authorize(metadata['authorization'], method, from);
    const isOne = requests instanceof Uint8Array;
    const request = isOne ? decode(method, requests, limit) : decodeEach(method, requests, call, limit);
    const idempotencyKey = method.writes ? idempotencyKeyOf(metadata) : undefined;
    const ifMatch = method.writes ? ifMatchOf(metadata) : undefined;
    const context: CallContext = {
      caller,
      requestId,
      from,
      deadline: call.deadline,
      get signal() {
        return call.signal;
      },
      method,
      requestBytes: isOne ? requests : NO_BYTES,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(ifMatch !== undefined && { ifMatch }),
    };
    call.check();
    return (handler as AnyHandler)(request, context);
  }

  function encode(method: MethodContract, reply: unknown): Uint8Array {
    const bytes = method.reply.encode(reply as object);
    if (bytes.length > limit)
      throw new RpcError('RESOURCE_EXHAUSTED', `the reply is larger than ${limit} bytes`);
    return bytes;
  }

  function fail(method: MethodContract, requestId: string, thrown: unknown): RpcError {
    const error = toRpcError(thrown);
    const fields = { request_id: requestId, method: method.path, code: error.code };
    if (error.code === 'INTERNAL') log.error({ ...fields, err: error.cause ?? error }, 'call failed');
    else log.debug({ ...fields, reason: error.message }, 'call refused');
    return error;
  }

  function over(method: MethodContract, call: ServerCall, code: CodeName, startedMs: number): void {
    call.finish();
    observe?.(method, code, (performance.now() - startedMs) / 1000);
  }

  return {
    async reply(method, handler, requests, call) {
      const startedMs = performance.now();
      const requestId = requestIdOf(call.metadata);
      let code: CodeName = 'OK';
      try {
        return encode(method, await call.race(start(method, handler, requests, call, requestId)));
      } catch (thrown) {
        const error = fail(method, requestId, thrown);
        code = error.code;
        throw error;
      } finally {
        over(method, call, code, startedMs);
      }
    },

    async *replies(method, handler, requests, call) {
      const startedMs = performance.now();
      const requestId = requestIdOf(call.metadata);
      let code: CodeName = 'CANCELLED'; // what it stays if the carrier ends the iteration
      let iterator: AsyncIterator<object> | undefined;
      try {
        const replies = await call.race(start(method, handler, requests, call, requestId));
        iterator = (replies as AsyncIterable<object>)[Symbol.asyncIterator]();
        for (;;) {
          const next = await call.race(iterator.next());
          if (next.done) break;
          yield encode(method, next.value);
        }
        iterator = undefined;
        code = 'OK';
      } catch (thrown) {
        const error = fail(method, requestId, thrown);
        code = error.code;
        throw error;
      } finally {
        over(method, call, code, startedMs);
        // Not awaited: a handler that still waits for something must not hold the call.
        iterator?.return?.().then(undefined, () => {});
      }
    },
  };
}

function decode(method: MethodContract, bytes: Uint8Array, limit: number): object {
  if (bytes.length > limit)
    throw new RpcError('RESOURCE_EXHAUSTED', `the request is larger than ${limit} bytes`);
  let request: object;
  try {
    request = method.request.decodeRequest(bytes);
  } catch (cause) {
    throw new RpcError('INVALID_ARGUMENT', `the request is no ${method.request.name}`, { cause });
  }
  const violations = method.request.validate(request);
  if (violations.length > 0) throw invalidFields(violations);
  return request;
}

async function* decodeEach(
  method: MethodContract,
  requests: AsyncIterable<Uint8Array>,
  call: ServerCall,
  limit: number,
): AsyncGenerator<object> {
  try {
    for await (const bytes of requests) yield decode(method, bytes, limit);
  } catch (thrown) {
    call.check(); // says why the stream broke
    throw thrown;
  }
  call.check(); // a connection that breaks may look like an end
}
