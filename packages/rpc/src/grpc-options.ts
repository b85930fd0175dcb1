// What every call of grpc-js is made with, and how it is ended early.

import { type CallOptions as GrpcCallOptions, Metadata } from '@grpc/grpc-js';
import { invalidField, RpcError } from './errors.ts';
import type { CallOptions } from './model.ts';

/** Resolves when the stream takes more. */
export function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => stream.once('drain', resolve));
}

/** Cancels the call when the signal is aborted; gives what ends the watching. */
export function watch(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  if (!signal) return () => {};
  const cancel = (): void => call.cancel();
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

/** Throws INVALID_ARGUMENT that names what a header cannot carry. */
export function toMetadata({ metadata = {} }: CallOptions): Metadata {
  const sent = new Metadata();
  for (const [key, value] of Object.entries(metadata)) {
    try {
      sent.set(key, value);
    } catch {
      throw invalidField(key, 'holds characters that a header cannot carry');
    }
  }
  return sent;
}

/** Throws DEADLINE_EXCEEDED for a deadline that has passed. */
export function toOptions({ deadline }: CallOptions): GrpcCallOptions {
  if (deadline !== undefined && deadline <= Date.now()) {
    throw new RpcError('DEADLINE_EXCEEDED', 'the deadline has passed');
  }
  return deadline === undefined || deadline === Infinity ? {} : { deadline };
}

/** Messages pass as bytes. */
export function same(bytes: Buffer): Buffer {
  return bytes;
}
