// Unary calls over the multiplexed stream, with what a caller expects besides: deadlines, cancellation, limits, and a new stream
// when the old one broke. What was in flight then is sent again only where that is safe: reads, and writes with an idempotency key.

import type { Client } from '@grpc/grpc-js';
import type { MethodContract } from '@egg/contract';
import { RpcError } from './errors.ts';
import { FrameLink, type LinkedCall } from './frame-link.ts';
import { MAX_FRAME_METADATA_LENGTH } from './frames.ts';
import type { CallOptions, Log } from './model.ts';
import { PendingCall } from './pending-call.ts';
import { cancelled, deadlineExceeded } from './server-call.ts';

export interface FrameClientOptions {
  readonly log: Log;
  /** Calls that are not answered yet; more are RESOURCE_EXHAUSTED. */
  readonly maxInFlight: number;
  readonly maxMessageBytes: number;
  /** How long a call may wait for a connection. */
  readonly maxWaitMs: number;
}

const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1000;
/** A call that breaks the service must not do so for ever. */
const MAX_SENDS = 3;

export class FrameClient {
  readonly #client: Client;
  readonly #options: FrameClientOptions;
  readonly #pending = new Set<PendingCall>();
  /** Calls without a link, in the order in which they are to be sent. */
  readonly #waiting = new Set<PendingCall>();
  /** All that are not over, also those that only wait for their last answers. */
  readonly #links = new Set<FrameLink>();
  /** The open one, for new calls. */
  #link: FrameLink | undefined;
  #opening = false;
  #failures = 0;
  #backoff: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(client: Client, options: FrameClientOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Makes a call. All failures are RpcErrors. */
  unary(method: MethodContract, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const refusal = this.#refusal(request, options);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const call = new PendingCall(method, request, options, (outcome) => {
        this.#pending.delete(call);
        this.#waiting.delete(call);
        if (outcome instanceof RpcError) reject(outcome);
        else resolve(outcome);
      });
      this.#pending.add(call);
      if (this.#link) call.sendOn(this.#link);
      else this.#wait(call);
    });
  }

  /** Ends all calls and connections. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#backoff);
    const reason = new RpcError('UNAVAILABLE', 'the channel is closed');
    for (const link of this.#links) link.destroy(reason);
    for (const call of this.#pending) call.settle(reason);
  }

  #refusal(
    request: Uint8Array,
    { deadline = Infinity, signal, metadata = {} }: CallOptions,
  ): RpcError | undefined {
    const { maxInFlight, maxMessageBytes } = this.#options;
    if (this.#closed) return new RpcError('UNAVAILABLE', 'the channel is closed');
    if (signal?.aborted) return cancelled();
    if (deadline <= Date.now()) return deadlineExceeded();
    if (request.length > maxMessageBytes)
      return exhausted(`the request is larger than ${maxMessageBytes} bytes`);
    if (lengthOf(metadata) > MAX_FRAME_METADATA_LENGTH) return exhausted('the metadata is too large');
    if (this.#pending.size >= maxInFlight) return exhausted('too many calls in flight');
    if ((this.#link?.queuedBytes ?? 0) > MAX_QUEUED_BYTES) return exhausted('the service does not keep up');
    return undefined;
  }

  #wait(call: PendingCall): void {
    this.#waiting.add(call);
    call.waitAtMost(this.#options.maxWaitMs);
    this.#open();
  }

  #open(): void {
    if (this.#opening || this.#backoff || this.#link || this.#closed) return;
    this.#opening = true;
    const openedAt = { ms: Infinity };
    const link = new FrameLink(this.#client, {
      onOpen: () => {
        openedAt.ms = Date.now();
        this.#opening = false;
        this.#link = link;
        const waiting = [...this.#waiting];
        this.#waiting.clear();
        for (const call of waiting) call.sendOn(link);
      },
      onGoingAway: () => {
        if (this.#link === link) this.#link = undefined;
        link.end();
        this.#open();
      },
      onClose: (left, reason) => {
        this.#links.delete(link);
        if (Date.now() - openedAt.ms > MAX_BACKOFF_MS) this.#failures = 0;
        const wasInUse = this.#link === link;
        if (wasInUse) this.#link = undefined;
        if (openedAt.ms === Infinity) this.#opening = false;
        this.#recover(left, reason);
        if (wasInUse || openedAt.ms === Infinity) this.#openLater(reason);
      },
    });
    this.#links.add(link);
  }

  #openLater(reason: RpcError): void {
    if (this.#closed || this.#backoff || this.#link) return;
    const delayMs =
      Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#options.log.warn(
      { err: reason.cause ?? reason, again_in_ms: Math.round(delayMs) },
      'the connection to a service broke',
    );
    this.#backoff = setTimeout(() => {
      this.#backoff = undefined;
      this.#open();
    }, delayMs);
    this.#backoff.unref();
  }

  #recover(left: LinkedCall[], reason: RpcError): void {
    const broken = new RpcError('UNAVAILABLE', 'the connection broke before the answer came', {
      cause: reason,
    });
    for (const call of left as PendingCall[]) {
      if (this.#closed || !call.retriable || call.sends >= MAX_SENDS) call.settle(broken);
      else {
        call.lost();
        this.#wait(call);
      }
    }
  }
}

function exhausted(message: string): RpcError {
  return new RpcError('RESOURCE_EXHAUSTED', message);
}

function lengthOf(metadata: Readonly<Record<string, string>>): number {
  let length = 0;
  for (const key in metadata) length += key.length + (metadata[key]?.length ?? 0);
  return length;
}
