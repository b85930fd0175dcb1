// Reads a stream in order, each revision once, across all that happens to connections, servers and the stream itself. The server
// keeps nothing for the reader: where to go on is known here, and every reading starts from there.

import {
  AckPolicy,
  type ConsumerInfo,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { Backoff } from './backoff.ts';
import { type Bus, type Link, LinkLostError } from './bus.ts';
import { Complaint, type Log, reasonOf } from './log.ts';
import { readStream, type StreamState } from './stream.ts';
import { pause, unlessAborted } from './waiting.ts';

export interface BusMessage {
  readonly stream: string;
  /** The sequence in the stream, which is the revision of the table or the value of the counter. */
  readonly revision: number;
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Says where a reading begins: after which revision. Asked before each one, be it the first or after a break, with what the stream
 * is then (undefined if there is none) and the last revision that was handled (undefined at first). If it throws, it is asked again.
 */
export type Place = (stream: StreamState | undefined, last: number | undefined) => number | Promise<number>;

export interface ConsumeOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly stream: string;
  /** The first revision to hear of, or only those that come from now on, or what decides it each time. */
  readonly from: number | 'new' | Place;
  /** Called with one message at a time, the next when it is done. If it throws, it is called with the same one again. */
  readonly handler: (message: BusMessage) => void | Promise<void>;
  /** Called before the message that follows revisions which the stream does not keep any more. */
  readonly onGap?: (missing: { readonly from: number; readonly to: number }) => void | Promise<void>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const MAX_MESSAGES = 200;
const EXPIRES_MS = 20_000;
const HEARTBEAT_MS = 2500;
const INACTIVE_MS = 60_000;

/** What says that the reading on the server is gone, or may be. */
const GONE: readonly string[] = [
  'heartbeats_missed',
  'consumer_not_found',
  'stream_not_found',
  'consumer_deleted',
  'no_responders',
];

/**
 * Hands a stream's messages to a handler, in order and each once as long as this process lives; waits for a stream that does not
 * exist yet, or not now. Resolves when the signal is aborted and the handler done; never rejects.
 */
export async function consume(options: ConsumeOptions): Promise<void> {
  await new Reader(options).run();
}

class Reader {
  readonly #options: ConsumeOptions;
  readonly #waits = new Backoff(100, 1000);
  readonly #complaint = new Complaint();
  /** The last revision that was handled; undefined until it is known from where to read. */
  #last: number | undefined;

  constructor(options: ConsumeOptions) {
    this.#options = options;
    if (typeof options.from === 'number') this.#last = Math.max(0, options.from - 1);
  }

  async run(): Promise<void> {
    const { bus, log, stream, signal } = this.#options;
    while (!signal.aborted) {
      try {
        const link = await bus.link(signal);
        await this.#read(link);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof LinkLostError) continue;
        const reason = reasonOf(error);
        this.#complaint.make(reason, () =>
          log.warn({ stream, reason }, 'reading the bus failed and is tried again'),
        );
      }
      await pause(this.#waits.next(), signal);
    }
  }

  /** Reads until the connection breaks, the stream is gone, or there is no order any more. */
  async #read(link: Link): Promise<void> {
    const { stream, signal, from } = this.#options;
    const state = await unlessAborted(readStream(link, stream), link.lost, signal);
    // Whatever a stream will have that is still to be made is new.
    if (typeof from === 'function') this.#last = await from(state, this.#last);
    else this.#last ??= state?.last ?? 0;
    if (!state) return;
    const info = await unlessAborted(this.#prepare(link, this.#last + 1), link.lost, signal);
    const consumer = link.js.consumers.getConsumerFromInfo(info);
    const messages = await consumer.consume({
      max_messages: MAX_MESSAGES,
      expires: EXPIRES_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    const stop = (): void => messages.stop();
    signal.addEventListener('abort', stop);
    link.lost.addEventListener('abort', stop);
    try {
      if (signal.aborted || link.lost.aborted) stop();
      void stopWhenGone(messages);
      for await (const message of messages) {
        if (signal.aborted || !(await this.#take(message))) break;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      link.lost.removeEventListener('abort', stop);
      messages.stop();
      if (!link.lost.aborted) void consumer.delete().catch(() => false);
    }
  }

  /** Makes what reads on the server. It would go by itself a minute after nobody asks any more. */
  #prepare({ jsm }: Link, from: number): Promise<ConsumerInfo> {
    return jsm.consumers.add(this.#options.stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(INACTIVE_MS),
    });
  }

  /** Handles a message unless it was handled before. Returns false where one was lost on the way and reading must start again. */
  async #take(message: JsMsg): Promise<boolean> {
    const { stream, handler, onGap } = this.#options;
    const last = this.#last ?? 0;
    const revision = message.seq;
    if (revision <= last) return true;
    if (revision > last + 1) {
      // Only the first message of a reading tells what the stream has: it is the next one after the last that was handled.
      if (message.info.deliverySequence > 1) return false;
      await onGap?.({ from: last + 1, to: revision - 1 });
      this.#last = revision - 1;
    }
    await handler({
      stream,
      revision,
      subject: message.subject,
      payload: message.data,
      headers: headersOf(message),
    });
    this.#last = revision;
    this.#waits.reset();
    this.#complaint.over();
    return true;
  }
}

async function stopWhenGone(messages: ConsumerMessages): Promise<void> {
  for await (const { type } of messages.status()) if (GONE.includes(type)) messages.stop();
}

/** Without those that tell the server where to put the message. */
function headersOf({ headers }: JsMsg): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, [value]] of headers ?? [])
    if (!key.startsWith('Nats-') && value !== undefined) result[key] = value;
  return result;
}
