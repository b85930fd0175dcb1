// Publishes many messages at a time and hears their answers on one subscription. The client's own `publish` makes a promise, a
// timer and an error with its stack for each message, which costs three times as much as all the rest of a message.

import { type ApiError, JetStreamApiError } from '@nats-io/jetstream';
import { createInbox, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { BusEvent } from './events.ts';

/** A message that a stream takes only at this sequence; or wherever it comes, but once, where it has an id. */
export interface Outgoing extends BusEvent {
  /** Of a message with an id it is only its number among those that are sent with it. */
  readonly sequence: number;
  /** By which the stream knows it again for a while. */
  readonly id?: string;
}

/** Told of each message's answer: nothing where the stream took it, else why not. */
type Answered = (message: Outgoing, error?: Error) => void;

interface Batch {
  readonly waiting: Map<number, Outgoing>;
  readonly answered: Answered;
  readonly over: () => void;
}

/** What a stream answers. */
interface Answer {
  readonly seq?: number;
  readonly error?: ApiError;
}

const TIMEOUT_MS = 5000;

/** Publishes over one connection. */
export class Publisher {
  readonly #connection: NatsConnection;
  readonly #inbox = createInbox();
  readonly #batches = new Map<number, Batch>();
  #lastBatch = 0;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    connection.subscribe(`${this.#inbox}.*.*`, {
      callback: (error, message) => {
        if (!error) this.#hear(message);
      },
    });
  }

  /**
   * Publishes messages in order, without a wait between them. Resolves when `answered` was told of all of them; rejects when that
   * takes longer than 5 s, and with what the connection throws.
   */
  async publish(stream: string, messages: readonly Outgoing[], answered: Answered): Promise<void> {
    if (messages.length === 0) return;
    const id = ++this.#lastBatch;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = new Map(messages.map((message) => [message.sequence, message]));
    this.#batches.set(id, { waiting, answered, over: resolve });
    const timer = setTimeout(() => reject(new Error('the stream did not answer')), TIMEOUT_MS);
    try {
      for (const message of messages) this.#send(stream, message, `${this.#inbox}.${id}.${message.sequence}`);
      await promise;
    } finally {
      clearTimeout(timer);
      this.#batches.delete(id);
    }
  }

  #send(stream: string, message: Outgoing, reply: string): void {
    const { subject, payload, headers: fields = {}, sequence, id } = message;
    const head = headers();
    for (const [key, value] of Object.entries(fields)) head.set(key, value);
    head.set('Nats-Expected-Stream', stream);
    if (id === undefined) head.set('Nats-Expected-Last-Sequence', String(sequence - 1));
    else head.set('Nats-Msg-Id', id);
    this.#connection.publish(subject, payload, { headers: head, reply });
  }

  #hear(answer: Msg): void {
    const [id, sequence] = answer.subject.split('.').slice(-2).map(Number) as [number, number];
    const batch = this.#batches.get(id);
    const message = batch?.waiting.get(sequence);
    if (!batch || !message) return;
    batch.waiting.delete(sequence);
    batch.answered(message, errorOf(answer, message));
    if (batch.waiting.size === 0) batch.over();
  }
}

function errorOf(answer: Msg, { sequence, id }: Outgoing): Error | undefined {
  // Without a body it is the server's 503: no stream has the subject.
  if (answer.data.length === 0) return new Error('no stream takes the subject');
  const { error, seq } = answer.json<Answer>();
  if (error) return new JetStreamApiError(error);
  return id !== undefined || seq === sequence ? undefined : new Error(`${sequence} got the sequence ${seq}`);
}
