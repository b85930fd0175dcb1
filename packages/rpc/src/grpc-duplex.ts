// Makes calls that stream both ways, such as an upload that tells how far it is. The service may answer before it has everything,
// and a source that fails breaks the call.

import type { Client, ClientDuplexStream } from '@grpc/grpc-js';
import type { MethodContract } from '@egg/contract';
import { asBuffer } from './grpc-handlers.ts';
import { same, toMetadata, toOptions, watch } from './grpc-options.ts';
import { CallEnd, promiseEnd, sendEach } from './grpc-send.ts';
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
    promiseEnd(toMetadata(options)),
    toOptions(options),
  );
  const stopWatching = watch(options.signal, call);
  const end = new CallEnd();
  call.once('end', end.tell).once('close', end.tell).once('error', end.tell);
  let fault: { thrown: unknown } | undefined;
  const sent = sendEach(call, requests, end).catch((thrown: unknown) => {
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
