// The one error class of the system. Errors are made where they are known and translated once at each edge.

import type { Violation } from '@egg/contract';

/** The canonical status codes of gRPC, by name. Source: google/rpc/code.proto. */
export const CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type CodeName = keyof typeof CODES;

const names = new Map<number, CodeName>(
  Object.entries(CODES).map(([name, code]) => [code, name as CodeName]),
);

/** The name of a code; UNKNOWN for one that has none. */
export function codeName(code: number): CodeName {
  return names.get(code) ?? 'UNKNOWN';
}

/** An error whose message may be shown to the caller. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: CodeName;
  /** The fields at fault, for INVALID_ARGUMENT and its like. */
  readonly violations: readonly Violation[];
  /** When to come again, for RESOURCE_EXHAUSTED where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: CodeName,
    message: string,
    options: { violations?: readonly Violation[]; cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.violations = options.violations ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** INVALID_ARGUMENT that names one field. */
export function invalidField(field: string, reason: string): RpcError {
  return new RpcError('INVALID_ARGUMENT', `${field} ${reason}`, { violations: [{ field, reason }] });
}

/** INVALID_ARGUMENT for all that is wrong with a request. There has to be at least one violation. */
export function invalidFields(violations: readonly Violation[]): RpcError {
  const message = violations.map(({ field, reason }) => (field ? `${field} ${reason}` : reason)).join('; ');
  return new RpcError('INVALID_ARGUMENT', message, { violations });
}

/**
 * Any thrown value as an RpcError. What is not one already becomes INTERNAL with a message that says nothing of the inside; the
 * original stays as `cause`, for the log.
 */
export function toRpcError(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  return new RpcError('INTERNAL', 'internal error', { cause: thrown });
}
