// Errors as HTTP shows them: one envelope, the status by the code. What nobody foresaw says nothing of the inside.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Violation } from '@egg/contract';
import { type CodeName, invalidFields, RpcError, toRpcError } from '@egg/rpc';

/** HTTP statuses of the canonical codes; what is not named is 500. Source: the contract, section 2. */
const STATUS: Partial<Record<CodeName, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** What Fastify refuses by itself, by the HTTP status that it gives. */
const REFUSALS: Record<number, string> = {
  413: 'the body is too large',
  415: 'the Content-Type is malformed',
};

/** An error whose HTTP status is another one than its code has, such as 405. */
export class HttpError extends RpcError {
  readonly status: number;

  constructor(status: number, code: CodeName, message: string, violations: readonly Violation[] = []) {
    super(code, message, { violations });
    this.status = status;
  }
}

/** INVALID_ARGUMENT for the request as a whole. */
export function invalidRequest(reason: string): RpcError {
  return invalidFields([{ field: '', reason }]);
}

/** What an error answer holds. */
export interface ErrorEnvelope {
  status: 1;
  msg: string;
  code: CodeName;
  errors: readonly Violation[];
  request_id: string;
}

/** Any thrown value as an error that can be answered. */
function toAnswerable(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status < 400 || status > 499) return toRpcError(thrown);
  const reason = REFUSALS[status] ?? 'the request is malformed';
  return new HttpError(status, 'INVALID_ARGUMENT', reason, [{ field: '', reason }]);
}

/** The HTTP status of an error. */
export function statusOf(error: RpcError): number {
  return error instanceof HttpError ? error.status : (STATUS[error.code] ?? 500);
}

/** Whether nobody foresaw the error, so that its cause is for the log and not for the caller. */
export function isFault({ code }: RpcError): boolean {
  return code === 'INTERNAL' || code === 'UNKNOWN';
}

/** The body of an error answer. */
export function envelopeOf(error: RpcError, requestId: string): ErrorEnvelope {
  return {
    status: 1,
    msg: isFault(error) ? 'internal error' : error.message,
    code: error.code,
    errors: error.violations,
    request_id: requestId,
  };
}

/** Makes Fastify answer every error in the envelope. `legacyStatus` gives those of the panel's own routes the status 200. */
export function registerErrors(app: FastifyInstance, { legacyStatus }: { legacyStatus: boolean }): void {
  app.setErrorHandler((thrown, request, reply) => {
    const isLegacy = legacyStatus && request.routeOptions.config.isOriginal === true;
    return answerError(thrown, request, reply, isLegacy);
  });
}

/** Answers with the error. Whatever the answer was going to say of itself is taken back. */
export function answerError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  isLegacy = false,
): FastifyReply {
  const error = toAnswerable(thrown);
  request.failure = error;
  const status = statusOf(error);
  reply.removeHeader('etag').removeHeader('content-encoding').header('cache-control', 'no-store');
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  if (status === 429) reply.header('retry-after', String(error.retryAfterSeconds ?? 1));
  return reply
    .code(isLegacy ? 200 : status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(envelopeOf(error, request.id)));
}
