// What a call is to those who serve it and to those who make it, however it travels.

import type { MethodContract, Role } from '@egg/contract';

/** Who calls, as the token says. */
export interface Caller {
  /** The name of the token; `anonymous` in the open mode. */
  readonly name: string;
  readonly role: Role;
}

/** What a handler knows of its call besides the request. */
export interface CallContext {
  readonly caller: Caller;
  readonly requestId: string;
  /** The address that the call came from, for the audit. */
  readonly from: string;
  /** Epoch milliseconds; Infinity if the caller waits for ever. */
  readonly deadline: number;
  /** Aborted when the caller went away or the deadline passed. */
  readonly signal: AbortSignal;
  readonly method: MethodContract;
  /** The request as it came, for unary calls. */
  readonly requestBytes: Uint8Array;
  readonly idempotencyKey?: string;
  /** The revision that `If-Match` names. */
  readonly ifMatch?: number;
}

/** Answers one message. */
export type UnaryHandler = (request: never, context: CallContext) => Promise<object>;
/** Answers a stream of messages. */
export type StreamHandler = (request: never, context: CallContext) => AsyncIterable<object>;
export type Handler = UnaryHandler | StreamHandler;
/** The methods of one service, by name. */
export type Handlers = { readonly [method: string]: Handler };

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
  /** SERVING or not, by the standard health protocol; not SERVING where nothing answers. Never throws. */
  healthy(): Promise<boolean>;
  close(): void;
}
