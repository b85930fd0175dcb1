// One call that waits for its answer: on a link, or for one. It settles once, whatever comes first: answer, deadline, signal.

import type { MethodContract } from '@egg/contract';
import { RpcError } from './errors.ts';
import type { FrameLink, LinkedCall } from './frame-link.ts';
import type { CallOptions } from './model.ts';
import { cancelled, deadlineExceeded, MAX_TIMER_MS } from './server-call.ts';

const NO_METADATA = {};

export class PendingCall implements LinkedCall {
  readonly path: string;
  readonly request: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  readonly deadline: number;
  /** Sent twice it does no harm: a read, or a write with an idempotency key. */
  readonly retriable: boolean;
  /** How often it was sent. */
  sends = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #onSettled: (outcome: Uint8Array | RpcError) => void;
  #link: FrameLink | undefined;
  #id = 0;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  #waitTimer: NodeJS.Timeout | undefined;

  constructor(
    method: MethodContract,
    request: Uint8Array,
    { metadata = NO_METADATA, deadline = Infinity, signal }: CallOptions,
    onSettled: (outcome: Uint8Array | RpcError) => void,
  ) {
    this.path = method.path;
    this.request = request;
    this.metadata = metadata;
    this.deadline = deadline;
    this.retriable = !method.writes || 'idempotency-key' in metadata;
    this.#onSettled = onSettled;
    this.#signal = signal;
    if (deadline !== Infinity) {
      this.#timer = setTimeout(
        () => this.#giveUp(deadlineExceeded()),
        Math.min(deadline - Date.now(), MAX_TIMER_MS),
      );
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  sendOn(link: FrameLink): void {
    clearTimeout(this.#waitTimer);
    this.sends++;
    this.#link = link;
    this.#id = link.send(this);
  }

  /** The link broke. */
  lost(): void {
    this.#link = undefined;
  }

  /** UNAVAILABLE if it is not sent by then. */
  waitAtMost(ms: number): void {
    this.#waitTimer = setTimeout(
      () => this.settle(new RpcError('UNAVAILABLE', 'the service cannot be reached')),
      ms,
    );
  }

  settle(outcome: Uint8Array | RpcError): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#waitTimer);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#onSettled(outcome);
  }

  #giveUp(reason: RpcError): void {
    this.#link?.cancel(this.#id);
    this.settle(reason);
  }

  readonly #abort = (): void => this.#giveUp(cancelled());
}
