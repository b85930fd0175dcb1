// The caller's end of one multiplexed stream: it sends calls, pairs answers with them, and says once when it is over.

import { type Client, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { BatchWriter } from './batch-writer.ts';
import { codeName, RpcError } from './errors.ts';
import { type AnswerFrame, type CallFrame, decodeAnswers, encodeCalls, EXCHANGE } from './frames.ts';
import { fromStatus } from './grpc-status.ts';
import { decodeDetails } from './status-details.ts';

/** One call as the link sees it. */
export interface LinkedCall {
  readonly path: string;
  readonly request: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
  /** Epoch milliseconds; Infinity for ever. */
  readonly deadline: number;
  settle(outcome: Uint8Array | RpcError): void;
}

export interface LinkListener {
  /** The service has the stream: what is sent arrives, or the link breaks. */
  onOpen(): void;
  /** The service wants new calls elsewhere. */
  onGoingAway(): void;
  /** The link is over; `left` are the calls that were not answered. Called once. */
  onClose(left: LinkedCall[], reason: RpcError): void;
}

const MAX_UINT32 = 2 ** 32 - 1;

export class FrameLink {
  readonly #stream: ClientDuplexStream<Uint8Array, Buffer>;
  readonly #listener: LinkListener;
  readonly #calls = new Map<number, LinkedCall>();
  readonly #writer: BatchWriter<Partial<CallFrame>>;
  #lastId = 0;
  #ending = false;
  #over = false;

  constructor(client: Client, listener: LinkListener) {
    this.#listener = listener;
    this.#stream = client.makeBidiStreamRequest<Uint8Array, Buffer>(
      EXCHANGE.path,
      (bytes) => bytes as Buffer,
      (bytes) => bytes,
      // The channel tries to connect by itself; the stream begins when it has.
      waitingForReady(),
    );
    this.#writer = new BatchWriter({
      encode: encodeCalls,
      write: (message, done) => this.#stream.write(message, done),
    });
    this.#stream.on('metadata', () => this.#over || listener.onOpen());
    this.#stream.on('data', (message: Buffer) => this.#take(message));
    this.#stream.on('end', () => this.#close(new RpcError('UNAVAILABLE', 'the connection has ended')));
    this.#stream.on('error', (error) => this.#close(fromStatus(error)));
  }

  /** Calls not answered yet. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /** Bytes that wait because the service does not read. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /** Sends a call together with the others of this turn; gives its id, for `cancel`. */
  send(call: LinkedCall): number {
    const { path: method, metadata, request, deadline } = call;
    const id = this.#nextId();
    this.#calls.set(id, call);
    const frame = { id, method, metadata, request };
    const timed = deadline === Infinity ? frame : { ...frame, timeout_ms: timeoutMs(deadline) };
    this.#writer.add(timed, request.length + 64);
    return id;
  }

  /** The caller does not wait any more: nothing is settled. */
  cancel(id: number): void {
    if (!this.#calls.delete(id)) return;
    this.#writer.add({ id }, 8);
    this.#endIfIdle();
  }

  /** Sends no more calls; the stream ends when all are answered. */
  end(): void {
    this.#ending = true;
    this.#endIfIdle();
  }

  /** Ends at once. */
  destroy(reason: RpcError): void {
    this.#close(reason);
  }

  #take(message: Buffer): void {
    if (this.#over) return;
    let answers: readonly AnswerFrame[];
    let goingAway: boolean;
    try {
      ({ answers, going_away: goingAway } = decodeAnswers(message));
    } catch (cause) {
      return this.#close(new RpcError('INTERNAL', 'malformed frames', { cause }));
    }
    if (goingAway) this.#listener.onGoingAway();
    for (const answer of answers) {
      const call = this.#calls.get(answer.id);
      if (!call) continue; // cancelled meanwhile
      this.#calls.delete(answer.id);
      call.settle(answer.code === 0 ? answer.reply : failureOf(answer));
    }
    this.#endIfIdle();
  }

  #endIfIdle(): void {
    if (!this.#ending || this.#over || this.#calls.size > 0) return;
    this.#writer.flush();
    this.#stream.end();
  }

  #close(reason: RpcError): void {
    if (this.#over) return;
    this.#over = true;
    this.#writer.close();
    this.#stream.cancel();
    const left = [...this.#calls.values()];
    this.#calls.clear();
    this.#listener.onClose(left, reason);
  }

  #nextId(): number {
    do {
      this.#lastId = this.#lastId >= MAX_UINT32 ? 1 : this.#lastId + 1;
    } while (this.#calls.has(this.#lastId));
    return this.#lastId;
  }
}

function failureOf({ code, message, details }: AnswerFrame): RpcError {
  if (details.length > 0) {
    try {
      return decodeDetails(details);
    } catch {
      // Code and message have to do.
    }
  }
  return new RpcError(codeName(code), message);
}

/** 0 would be for ever. */
function timeoutMs(deadline: number): number {
  return Math.min(Math.max(1, Math.ceil(deadline - Date.now())), MAX_UINT32);
}

function waitingForReady(): Metadata {
  return new Metadata({ waitForReady: true });
}
