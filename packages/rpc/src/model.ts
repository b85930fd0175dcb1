// What a call is to those who serve it and to those who make it, however it travels.

import type { MethodContract, Role } from '@egg/contract';
import type { CodeName } from './errors.ts';

/** Who calls, as the token says. */
export interface Caller {
  /** The name of the token; `anonymous` in the open mode. */
  readonly name: string;
  readonly role: Role;
  /** The host whose own token it is. */
  readonly host?: number;
}

/** What a handler knows of its call besides the request. */
export interface CallContext {
  readonly caller: Caller;
  readonly requestId: string;
  /** The address that the call came from, for the audit. */
  readonly from: string;
  /** Epoch milliseconds; Infinity if the caller waits for ever. */
  readonly deadline: number;
  /** Aborted when the caller went away or the deadline passed. The reason is the RpcError that the caller gets. */
  readonly signal: AbortSignal;
  readonly method: MethodContract;
  /** The request as it came; empty where it is a stream. */
  readonly requestBytes: Uint8Array;
  /** Only where the method writes. */
  readonly idempotencyKey?: string;
  /** The revision that `If-Match` names. Only where the method writes. */
  readonly ifMatch?: number;
}

/** Answers one message. */
export type UnaryHandler = (request: never, context: CallContext) => Promise<object>;
/** Answers a stream of messages. */
export type StreamHandler = (request: never, context: CallContext) => AsyncIterable<object>;
/**
 * One handler of a contract's method. Where the request is a stream, `request` is an AsyncIterable of valid messages; it throws
 * an RpcError when the caller goes away or sends what breaks the rules, so a broken stream never looks complete.
 */
export type Handler = UnaryHandler | StreamHandler;
/** The methods of one service, by name. */
export type Handlers = { readonly [method: string]: Handler };

/**
 * Who is behind an `authorization` metadata (undefined if there is none), for a method; `from` is the address of who asks, by which
 * failed attempts are counted. Throws RpcError: UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE.
 */
export type Authorize = (
  authorization: string | undefined,
  method: MethodContract,
  from?: string,
) => Caller | Promise<Caller>;

/** Told of every served call when it is over. */
export type Observe = (method: MethodContract, code: CodeName, seconds: number) => void;

type LogLine = (fields: object, message: string) => void;

/** What the packages ask of a logger; pino is one. */
export interface Log {
  debug: LogLine;
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}

export interface CallOptions {
  /** Lower-case keys: `authorization`, `x-request-id`, `idempotency-key`, `if-match`, `x-forwarded-for`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

/** A way to one service process. Requests and replies are messages on the wire. All failures are RpcErrors. */
export interface Channel {
  unary(method: MethodContract, request: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  serverStream(method: MethodContract, request: Uint8Array, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Sends messages as fast as the service takes them, for one reply. */
  clientStream(
    method: MethodContract,
    requests: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<Uint8Array>;
  /** Sends messages as fast as the service takes them, and gives its replies as they come. */
  duplex(
    method: MethodContract,
    requests: AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): AsyncIterable<Uint8Array>;
  /** SERVING or not, by the standard health protocol; not SERVING where nothing answers. Never throws. */
  healthy(): Promise<boolean>;
  close(): void;
}
