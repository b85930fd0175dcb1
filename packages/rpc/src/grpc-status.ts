// Translates between RpcError and the status of a call of grpc-js.

import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { CODES, codeName, RpcError } from './errors.ts';
import { decodeDetails, encodeDetails, shorten } from './status-details.ts';

const DETAILS_KEY = 'grpc-status-details-bin';
/** Trailers larger than about 8 KiB are refused by other libraries of gRPC. */
const MAX_DETAILS_BYTES = 4096;
const MAX_MESSAGE_LENGTH = 512;

/** What the transport says in its own words, which name addresses and inner parts, in ours. */
const OF_TRANSPORT: Partial<Record<string, string>> = {
  CANCELLED: 'the call was cancelled',
  DEADLINE_EXCEEDED: 'the deadline has passed',
  INTERNAL: 'internal error',
  UNAVAILABLE: 'the service cannot be reached',
  UNKNOWN: 'internal error',
};

/** For the end of a served call. The details say all again, which also shows that the status is the service's own. */
export function toStatus(error: RpcError): StatusObject {
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(encodeDetails(error, MAX_DETAILS_BYTES)));
  return { code: CODES[error.code], details: shorten(error.message, MAX_MESSAGE_LENGTH), metadata };
}

/** For the one who called. The original stays as `cause` where the transport, not the service, failed. */
export function fromStatus(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  const { code, details, metadata } = thrown as Partial<ServiceError>;
  if (typeof code !== 'number') return new RpcError('INTERNAL', 'internal error', { cause: thrown });
  const bytes = metadata?.get(DETAILS_KEY)[0];
  if (bytes instanceof Buffer) {
    try {
      const error = decodeDetails(bytes);
      if (error.code === codeName(code)) return error;
    } catch {
      // Details of somebody else: the status itself has to do.
    }
  }
  const name = codeName(code);
  return new RpcError(name, OF_TRANSPORT[name] ?? details ?? name, { cause: thrown });
}
