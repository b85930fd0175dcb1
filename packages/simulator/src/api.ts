// Requests to one gateway over a few connections that all hosts share, each answered with a code: `OK`, the server's own, or why
// there was no whole answer.

import { Pool } from 'undici';

/** Nothing came, or not the whole of it. */
export const NO_ANSWER = 'NO_ANSWER';
/** It came, and is not what every answer is. */
const NO_ENVELOPE = 'NO_ENVELOPE';

export interface Answer<T> {
  /** `OK`, a canonical gRPC status name, NO_ANSWER or NO_ENVELOPE. */
  readonly code: string;
  readonly httpStatus: number;
  readonly msg: string;
  /** There where the code is `OK`. */
  readonly data: T | undefined;
  readonly nextCursor: string | undefined;
  /** When the server wants to be asked again; 0 where it did not say. */
  readonly retryAfterMs: number;
}

interface Envelope {
  readonly status?: unknown;
  readonly msg?: unknown;
  readonly code?: unknown;
  readonly data?: unknown;
  readonly next_cursor?: string;
}

export interface Sending {
  /** A bearer token; without one, whoever may do it without. */
  readonly token?: string | undefined;
  /** JSON that is posted; without it, it is a GET. */
  readonly body?: string;
  readonly key?: string;
}

const TIMEOUT_MS = 30_000;

export class Api {
  readonly #pool: Pool;

  constructor(server: string, connections: number) {
    this.#pool = new Pool(new URL(server).origin, {
      connections,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
    });
  }

  /** Sends a request and answers whatever comes of it; never rejects. */
  async send<T>(path: string, { token, body, key }: Sending = {}): Promise<Answer<T>> {
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
    };
    const post = body === undefined ? { method: 'GET' as const } : { method: 'POST' as const, body };
    try {
      const reply = await this.#pool.request({ path, headers, ...post });
      const retryAfterMs = Number(reply.headers['retry-after']) * 1000 || 0;
      return read(await reply.body.text(), reply.statusCode, retryAfterMs);
    } catch (error) {
      return { ...NOTHING, code: NO_ANSWER, httpStatus: 0, msg: (error as Error).message };
    }
  }

  /** Breaks off what is under way. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

const NOTHING = { data: undefined, nextCursor: undefined, retryAfterMs: 0 };

function read<T>(text: string, httpStatus: number, retryAfterMs: number): Answer<T> {
  let envelope: Envelope;
  try {
    envelope = JSON.parse(text) as Envelope;
  } catch {
    return { ...NOTHING, code: NO_ENVELOPE, httpStatus, msg: `HTTP status ${httpStatus}`, retryAfterMs };
  }
  const { status, msg, code, data, next_cursor: nextCursor } = envelope;
  const told = { httpStatus, msg: String(msg), retryAfterMs, nextCursor };
  if (status === 0) return { ...told, code: 'OK', data: data as T };
  // What HTTP itself refuses, such as a path that is not there, has no code.
  const name = typeof code === 'string' ? code : status === 1 ? `HTTP_${httpStatus}` : NO_ENVELOPE;
  return { ...told, code: name, data: undefined };
}
