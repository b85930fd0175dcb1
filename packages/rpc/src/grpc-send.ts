// Sends a stream of requests so that one which breaks off never looks complete.
//
// A call of grpc-js that is cancelled is ended like a complete one, and only then reset: what the service reads in between is the whole
// to it. So the end is said by a message of its own, an empty one, and the metadata say beforehand that it will be.

import type { Metadata } from '@grpc/grpc-js';
import { drained } from './grpc-options.ts';

/** In the metadata of a call whose last message is an empty one that means the end. */
const SAYS_END = 'x-egg-says-end';
const END = Buffer.alloc(0);

/** What requests are written to. */
interface Sink extends NodeJS.EventEmitter {
  write(request: Uint8Array): boolean;
  end(): void;
}

/** Says that the stream to come says its end. */
export function promiseEnd(metadata: Metadata): Metadata {
  metadata.set(SAYS_END, '1');
  return metadata;
}

/** Whether the stream of a call says its end. */
export function promisesEnd(metadata: Metadata): boolean {
  return metadata.get(SAYS_END).length > 0;
}

/** Whether a message may be the end. It is one if none follows. */
export function mayBeEnd(message: Uint8Array): boolean {
  return message.length === 0;
}

/** Sends all of `requests` as fast as they are taken, and says the end. Throws what the source throws: the call has to be cancelled then. */
export async function sendEach(call: Sink, requests: AsyncIterable<Uint8Array>, end: CallEnd): Promise<void> {
  const iterator = requests[Symbol.asyncIterator]();
  try {
    for (;;) {
      // The answer may come while the source still waits: then nobody reads the rest.
      const next = await end.unlessOver(iterator.next());
      if (next === undefined || next.done === true) break;
      if (!call.write(next.value)) await end.unlessOver(drained(call));
    }
    if (end.isOver) return;
    call.write(END);
    call.end();
  } finally {
    iterator.return?.().catch(() => undefined);
  }
}

/** When the other side is done. A race with one long promise would keep something for every round. */
export class CallEnd {
  isOver = false;
  #wake: (() => void) | undefined;

  /** The other side is done. */
  readonly tell = (): void => {
    this.isOver = true;
    this.#wake?.();
  };

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
