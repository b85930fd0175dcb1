// Makes calls that stream both ways, such as an upload that tells how far it is. The service may answer before it has everything,
// and a source that fails breaks the call.

import type { Client, ClientDuplexStream } from '@grpc/grpc-js';
import type { MethodContract } from '@egg/contract';
import { asBuffer } from './grpc-handlers.ts';
import { drained, same, toMetadata, toOptions, watch } from './grpc-options.ts';
import { fromStatus } from './grpc-status.ts';
import type { CallOptions } from './model.ts';

/** Sends `requests` while it gives the replies. Throws RpcError, or what the source throws. */
export async function* exchangeAll(
  client: Client,
  method: MethodContract,
  requests: AsyncIterable<Uint8Array>,
  options: CallOptions,
): AsyncGenerator<Buffer> {
  const call: ClientDuplexStream<Uint8Array, Buffer> = client.makeBidiStreamRequest(
    method.path,
    asBuffer,
    same,
    toMetadata(options),
    toOptions(options),
  );
  const stopWatching = watch(options.signal, call);
  let fault: { thrown: unknown } | undefined;
  const sent = send(call, requests, new CallEnd(call)).catch((thrown: unknown) => {
    // A fault of the source must break the call, or half of the stream would look like the whole.
    fault = { thrown };
    call.cancel();
  });
  try {
    for await (const reply of call) yield reply as Buffer;
    // A source that failed while the service answered has not sent what the answer is about.
    if (fault) throw fault.thrown;
  } catch (thrown) {
    throw fault ? fault.thrown : fromStatus(thrown);
  } finally {
    stopWatching();
    call.on('error', () => {}); // whoever left early does not hear of the cancellation
    call.cancel();
    void sent;
  }
}

async function send(
  call: ClientDuplexStream<Uint8Array, Buffer>,
  requests: AsyncIterable<Uint8Array>,
  end: CallEnd,
): Promise<void> {
  const iterator = requests[Symbol.asyncIterator]();
  try {
    for (;;) {
      // The answer may come while the source still waits: then nobody reads the rest.
      const next = await end.unlessOver(iterator.next());
      if (next === undefined || next.done === true) break;
      if (!call.write(next.value)) await end.unlessOver(drained(call));
    }
    if (!end.isOver) call.end();
  } finally {
    iterator.return?.().catch(() => undefined);
  }
}

/** When the other side is done. A race with one long promise would keep something for every round. */
class CallEnd {
  isOver = false;
  #wake: (() => void) | undefined;

  constructor(call: ClientDuplexStream<Uint8Array, Buffer>) {
    const end = (): void => {
      this.isOver = true;
      this.#wake?.();
    };
    call.once('end', end).once('close', end).once('error', end);
  }

  /** What `work` gives, or undefined when the call is over first. One at a time. */
  unlessOver<T>(work: Promise<T>): Promise<T | undefined> {
    if (this.isOver) {
      work.catch(() => undefined);
      return Promise.resolve(undefined);
    }
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      work.then(resolve, reject);
    });
  }
}
