// The service's end of the multiplexed stream: serves the calls that arrive as frames by the same pipeline as all others.

import { Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import type { MethodContract } from '@egg/contract';
import { BatchWriter } from './batch-writer.ts';
import { CODES, RpcError } from './errors.ts';
import {
  type AnswerFrame,
  type CallFrame,
  decodeCalls,
  encodeAnswers,
  MAX_FRAME_DETAILS_BYTES,
} from './frames.ts';
import { addressOf } from './grpc-handlers.ts';
import { toStatus } from './grpc-status.ts';
import type { Handler } from './model.ts';
import type { Pipeline } from './pipeline.ts';
import { cancelled, ServerCall } from './server-call.ts';
import { encodeDetails, shorten } from './status-details.ts';

type Exchange = ServerDuplexStream<Buffer, Buffer>;

export interface FrameServerOptions {
  readonly pipeline: Pipeline;
  /** The unary methods by path. */
  readonly methods: ReadonlyMap<string, { readonly method: MethodContract; readonly handler: Handler }>;
  /** Calls of one stream that are not answered yet. */
  readonly maxInFlight: number;
  /** How old a connection gets before new streams go to another; a stream that is older is asked to be made anew. */
  readonly maxConnectionAgeMs?: number | undefined;
}

export interface FrameServer {
  /** What grpc-js calls for a new stream. */
  readonly exchange: (stream: Exchange) => void;
  /** Asks every caller to go elsewhere; what is in flight is still answered. New streams are refused. */
  goAway(): void;
  /** Ends every call under way with this error. */
  cancelAll(reason: RpcError): void;
}

/** While more than this waits for a caller that does not read, no more calls are taken from it. */
const MAX_QUEUED_ANSWER_BYTES = 4 * 1024 * 1024;

/** Serves the streams of `FrameService.Exchange` of one process. */
export function createFrameServer(options: FrameServerOptions): FrameServer {
  const streams = new Set<FrameStream>();
  let leaving = false;
  return {
    exchange(stream) {
      if (leaving) {
        stream.emit('error', toStatus(new RpcError('UNAVAILABLE', 'the service stops')));
        return;
      }
      const frames = new FrameStream(stream, options, () => streams.delete(frames));
      streams.add(frames);
    },
    goAway() {
      leaving = true;
      for (const frames of streams) frames.goAway();
    },
    cancelAll(reason) {
      for (const frames of streams) frames.cancelAll(reason);
    },
  };
}

class FrameStream {
  readonly #stream: Exchange;
  readonly #options: FrameServerOptions;
  readonly #peer: string;
  readonly #calls = new Map<number, ServerCall>();
  readonly #writer: BatchWriter<Partial<AnswerFrame>>;
  #callerIsDone = false;

  constructor(stream: Exchange, options: FrameServerOptions, onClose: () => void) {
    this.#stream = stream;
    this.#options = options;
    this.#peer = addressOf(stream.getPeer());
    this.#writer = new BatchWriter({
      encode: (answers) => encodeAnswers(answers),
      write: (message, done) => stream.write(message, () => done()),
      onProgress: () => this.#progress(),
    });
    const { maxConnectionAgeMs } = options;
    // Later than the connection, whose age varies by a tenth: the new stream shall not be on the old connection.
    const age =
      maxConnectionAgeMs === undefined
        ? undefined
        : setTimeout(() => this.goAway(), maxConnectionAgeMs * 1.15);
    age?.unref();
    // The headers tell the caller that the stream is open: from now on what it sends arrives.
    stream.sendMetadata(new Metadata());
    stream.on('data', (message: Buffer) => this.#take(message));
    stream.on('end', () => {
      this.#callerIsDone = true;
      this.#progress();
    });
    stream.on('cancelled', () => {
      clearTimeout(age);
      this.#writer.close();
      this.cancelAll(cancelled());
      onClose();
    });
  }

  goAway(): void {
    this.#stream.write(encodeAnswers([], true));
  }

  cancelAll(reason: RpcError): void {
    for (const call of this.#calls.values()) call.cancel(reason);
  }

  #take(message: Buffer): void {
    let frames: readonly CallFrame[];
    try {
      frames = decodeCalls(message);
    } catch {
      return this.#refuse('malformed frames');
    }
    for (const frame of frames) {
      const known = this.#calls.get(frame.id);
      if (frame.method === '') known?.cancel(cancelled());
      else if (known) return this.#refuse(`two calls have the id ${frame.id}`);
      else this.#serve(frame);
    }
  }

  /** Ends the stream of a caller that does not keep to the protocol. */
  #refuse(reason: string): void {
    this.#stream.emit('error', toStatus(new RpcError('INVALID_ARGUMENT', reason)));
  }

  #serve({ id, method: path, timeout_ms, metadata, request }: CallFrame): void {
    const found = this.#options.methods.get(path);
    if (!found) return this.#fail(id, new RpcError('UNIMPLEMENTED', `there is no method ${path}`));
    if (this.#calls.size >= this.#options.maxInFlight) {
      return this.#fail(id, new RpcError('RESOURCE_EXHAUSTED', 'too many calls in flight'));
    }
    const deadline = timeout_ms === 0 ? Infinity : Date.now() + timeout_ms;
    const call = new ServerCall({ metadata, deadline, peer: this.#peer });
    this.#calls.set(id, call);
    this.#options.pipeline.reply(found.method, found.handler, request, call).then(
      (reply) => {
        this.#calls.delete(id);
        this.#answer({ id, reply }, reply.length);
      },
      (error: RpcError) => {
        this.#calls.delete(id);
        this.#fail(id, error);
      },
    );
  }

  #fail(id: number, error: RpcError): void {
    const details = encodeDetails(error, MAX_FRAME_DETAILS_BYTES);
    const message = shorten(error.message, MAX_FRAME_DETAILS_BYTES / 4);
    this.#answer({ id, code: CODES[error.code], message, details }, details.length + message.length);
  }

  #answer(answer: Partial<AnswerFrame>, size: number): void {
    this.#writer.add(answer, size + 16);
    if (this.#writer.queuedBytes > MAX_QUEUED_ANSWER_BYTES && !this.#stream.isPaused()) this.#stream.pause();
  }

  /** Answers are on their way: take more calls, or end if nobody waits any more. */
  #progress(): void {
    if (this.#writer.queuedBytes <= MAX_QUEUED_ANSWER_BYTES && this.#stream.isPaused()) this.#stream.resume();
    if (this.#callerIsDone && this.#calls.size === 0 && this.#writer.queuedBytes === 0) this.#stream.end();
  }
}
