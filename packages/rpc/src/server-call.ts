// One call while it is served: its deadline, and the one way it can end early.

import { RpcError } from './errors.ts';

/** The longest that a timer of Node can wait; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a carrier knows of a call. */
export interface Incoming {
  /** Lower-case keys; the first value where there are several. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Epoch milliseconds; Infinity if the caller waits for ever. */
  readonly deadline: number;
  /** The address of the other end of the connection, without the port. */
  readonly peer: string;
}

/** A call that a carrier has taken. The carrier cancels it; the pipeline finishes it. */
export class ServerCall {
  readonly metadata: Readonly<Record<string, string>>;
  readonly deadline: number;
  readonly peer: string;
  #reason: RpcError | undefined;
  #finished = false;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #interrupt: ((reason: RpcError) => void) | undefined;

  constructor({ metadata, deadline, peer }: Incoming) {
    this.metadata = metadata;
    this.deadline = deadline;
    this.peer = peer;
    if (deadline === Infinity) return;
    const left = deadline - Date.now();
    if (left <= 0) this.#reason = deadlineExceeded();
    else this.#timer = setTimeout(() => this.cancel(deadlineExceeded()), Math.min(left, MAX_TIMER_MS));
  }

  /** Aborted when the call ends early. Made when first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Ends the call early: whoever waits in `race` gets `reason`. Nothing after the end, or a second time. */
  cancel(reason: RpcError): void {
    if (this.#finished || this.#reason) return;
    this.#reason = reason;
    clearTimeout(this.#timer);
    this.#interrupt?.(reason);
    this.#controller?.abort(reason);
  }

  /** Throws if the call has ended early. */
  check(): void {
    if (this.#reason) throw this.#reason;
  }

  /** What `work` gives, unless the call ends early; then its result is left alone. One race at a time. */
  race<T>(work: Promise<T>): Promise<T> {
    if (this.#reason) {
      work.catch(() => {});
      return Promise.reject(this.#reason);
    }
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      work.then(resolve, reject);
    });
  }

  /** The call is answered. */
  finish(): void {
    this.#finished = true;
    this.#interrupt = undefined;
    clearTimeout(this.#timer);
  }
}

/** The caller waited as long as it wanted to. */
export function deadlineExceeded(): RpcError {
  return new RpcError('DEADLINE_EXCEEDED', 'the deadline has passed');
}

/** The caller does not want the answer any more. */
export function cancelled(): RpcError {
  return new RpcError('CANCELLED', 'the call was cancelled');
}
