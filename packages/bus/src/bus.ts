// The connection to NATS: made in the background, kept for ever, and known to be up or down. Reconnecting is silent in the
// client, and what was asked before a break is never answered after it; so each connection is a link of its own that can be lost.

import { jetstream, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { Complaint, type Log, reasonOf } from './log.ts';
import { Publisher } from './publisher.ts';
import { parseServerUrl, type ServerAddress } from './server-url.ts';
import { pause, unlessAborted } from './waiting.ts';

export type BusState = 'up' | 'down';

/** One unbroken connection. For this package alone. */
export interface Link {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly publisher: Publisher;
  /** Aborted when the connection breaks. What was not answered until then may have been done or not. */
  readonly lost: AbortSignal;
}

/** The reason of a link's loss. */
export class LinkLostError extends Error {
  override readonly name = 'LinkLostError';
}

export interface Bus {
  /** The first token of all subjects and the start of all stream names. */
  readonly prefix: string;
  state(): BusState;
  /** How large an event's payload may be, in bytes: well under what the server takes. */
  eventBytes(): number;
  /** The connection, as soon as there is one. Rejects when the signal is aborted or the bus closed. For this package alone. */
  link(signal: AbortSignal): Promise<Link>;
  /** Sends what is still to be sent, for at most two seconds, and ends the connection. */
  close(): Promise<void>;
}

export interface BusOptions {
  /** `nats://host:port`, with commas between several of one cluster. */
  readonly url: string;
  /** Lets several installations share a server. Default: `egg`. */
  readonly prefix?: string;
  /** What the server calls this connection. */
  readonly name: string;
  readonly log: Log;
}

const RECONNECT_MS = 100;
const DIAL_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 5000;
const PING_MS = 5000;
const DRAIN_MS = 2000;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

/**
 * Starts to connect and returns at once: the bus may come up at any time, and go and come again. Throws TypeError when the URL
 * or the prefix is none.
 */
export function connectBus(options: BusOptions): Bus {
  const prefix = options.prefix ?? 'egg';
  if (!/^[A-Za-z0-9_-]+$/.test(prefix))
    throw new TypeError('a prefix of the bus is made of letters, digits, _ and -');
  const connection = new Connection(parseServerUrl(options.url), options);
  return {
    prefix,
    state: () => (connection.up ? 'up' : 'down'),
    eventBytes: () => Math.floor(connection.maxPayload * 0.75),
    link: (signal) => connection.link(signal),
    close: () => connection.close(),
  };
}

class Connection {
  readonly #address: ServerAddress;
  readonly #name: string;
  readonly #log: Log;
  readonly #complaint = new Complaint();
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #connection: NatsConnection | undefined;
  #loss: AbortController | undefined;
  #next = Promise.withResolvers<Link>();
  maxPayload = DEFAULT_MAX_PAYLOAD;

  constructor(address: ServerAddress, { name, log }: BusOptions) {
    this.#address = address;
    this.#name = name;
    this.#log = log;
    this.#next.promise.catch(() => {});
    this.#done = this.#run();
  }

  get up(): boolean {
    return this.#loss !== undefined;
  }

  link(signal: AbortSignal): Promise<Link> {
    return unlessAborted(this.#next.promise, signal);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return this.#done;
    this.#closing.abort();
    const connection = this.#connection;
    // A drain of a connection that is down waits for ever.
    if (connection && this.up) await Promise.race([connection.drain().catch(() => {}), pause(DRAIN_MS)]);
    await connection?.close();
    await this.#done;
  }

  /** The client itself gives up a first connection that fails, and one whose server refuses it; this does not. */
  async #run(): Promise<void> {
    const { servers } = this.#address;
    while (!this.#closing.signal.aborted) {
      try {
        const connection = await connect(this.#options());
        if (this.#closing.signal.aborted) return await connection.close();
        await this.#follow(connection);
      } catch (error) {
        const reason = reasonOf(error);
        this.#complaint.make(reason, () => this.#log.warn({ servers, reason }, 'the bus is not reached'));
      }
      this.#connection = undefined;
      await pause(RECONNECT_MS * (1 + Math.random()), this.#closing.signal);
    }
    this.#next.reject(new Error('the bus is closed'));
  }

  async #follow(connection: NatsConnection): Promise<void> {
    const { servers } = this.#address;
    this.#connection = connection;
    const statuses = connection.status();
    // Its subscription is made again by the client at each reconnect.
    const publisher = new Publisher(connection);
    try {
      await this.#begin(connection, publisher);
      for await (const status of statuses) {
        if (status.type === 'disconnect') {
          this.#lose();
          if (!this.#closing.signal.aborted) this.#log.warn({ servers }, 'the bus is down');
        } else if (status.type === 'reconnect') {
          await this.#begin(connection, publisher);
        } else if (status.type === 'error') {
          this.#log.warn({ servers, reason: status.error.message }, 'the bus refused something');
        }
      }
    } finally {
      this.#lose();
    }
  }

  async #begin(connection: NatsConnection, publisher: Publisher): Promise<void> {
    const js = jetstream(connection, { timeout: REQUEST_TIMEOUT_MS });
    const jsm = await js.jetstreamManager(false);
    this.#lose();
    this.#loss = new AbortController();
    this.maxPayload = connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
    this.#next.resolve({ js, jsm, publisher, lost: this.#loss.signal });
    this.#complaint.over();
    this.#log.info({ servers: this.#address.servers }, 'the bus is up');
  }

  #lose(): void {
    if (!this.#loss) return;
    this.#next = Promise.withResolvers();
    this.#next.promise.catch(() => {});
    this.#loss.abort(new LinkLostError('the connection to the bus broke'));
    this.#loss = undefined;
  }

  #options(): ConnectionOptions {
    return {
      ...this.#address,
      name: this.#name,
      reconnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_MS,
      // A server that comes up may refuse everybody until its own configuration is read.
      ignoreAuthErrorAbort: true,
      timeout: DIAL_TIMEOUT_MS,
      pingInterval: PING_MS,
      maxPingOut: 2,
      // A stack for every request costs more than the request.
      noAsyncTraces: true,
    };
  }
}
