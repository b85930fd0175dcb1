// The details of an error on the wire: a `google.rpc.Status` with a `google.rpc.BadRequest`, as every gRPC library reads them.
// protobufjs ships neither, so the four small messages are declared here.

import protobuf from 'protobufjs';
import type { Violation } from '@egg/contract';
import { CODES, codeName, RpcError } from './errors.ts';

const { Field, Type } = protobuf;
const BAD_REQUEST_URL = 'type.googleapis.com/google.rpc.BadRequest';

const Any = new Type('Any').add(new Field('type_url', 1, 'string')).add(new Field('value', 2, 'bytes'));
const Status = new Type('Status')
  .add(new Field('code', 1, 'int32'))
  .add(new Field('message', 2, 'string'))
  .add(new Field('details', 3, 'Any', 'repeated'));
const FieldViolation = new Type('FieldViolation')
  .add(new Field('field', 1, 'string'))
  .add(new Field('description', 2, 'string'));
const BadRequest = new Type('BadRequest')
  .add(FieldViolation)
  .add(new Field('field_violations', 1, 'FieldViolation', 'repeated'));
new protobuf.Root().define('google.rpc').add(Any).add(Status).add(BadRequest);

/**
 * A serialised `google.rpc.Status`. INVALID_ARGUMENT always has a BadRequest; so has any other error that names fields. As many
 * violations are kept as fit into `maxBytes`.
 */
export function encodeDetails(error: RpcError, maxBytes: number): Uint8Array {
  const status = { code: CODES[error.code], message: shorten(error.message, maxBytes / 4) };
  if (error.code !== 'INVALID_ARGUMENT' && error.violations.length === 0)
    return Status.encode(status).finish();
  const fields: { field: string; description: string }[] = [];
  let left = maxBytes - status.message.length - 100;
  for (const { field, reason } of error.violations) {
    left -= 3 * (field.length + reason.length) + 8;
    if (left < 0 && fields.length > 0) break;
    fields.push({ field: shorten(field, maxBytes / 8), description: shorten(reason, maxBytes / 8) });
  }
  const value = BadRequest.encode({ field_violations: fields }).finish();
  return Status.encode({ ...status, details: [{ type_url: BAD_REQUEST_URL, value }] }).finish();
}

/** The error that `encodeDetails` wrote. Throws on what is none. */
export function decodeDetails(bytes: Uint8Array): RpcError {
  const status = Status.decode(bytes) as unknown as WireStatus;
  const violations = status.details
    .filter(({ type_url }) => type_url === BAD_REQUEST_URL)
    .flatMap(readViolations);
  return new RpcError(codeName(status.code), status.message, { violations });
}

/** Well-formed text of at most `maxLength` UTF-16 units. */
export function shorten(text: string, maxLength: number): string {
  return (text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`).toWellFormed();
}

interface WireStatus {
  code: number;
  message: string;
  details: { type_url: string; value: Uint8Array }[];
}

function readViolations({ value }: { value: Uint8Array }): Violation[] {
  const { field_violations } = BadRequest.decode(value) as unknown as {
    field_violations: { field: string; description: string }[];
  };
  return field_violations.map(({ field, description }) => ({ field, reason: description }));
}
