// An upload as the messages that the service takes: the fields of the query first, then what the body holds as it comes.

import type { MethodContract } from '@egg/contract';
import { invalidField, invalidFields } from '@egg/rpc';
import { invalidRequest } from './errors.ts';
import type { Fields } from './fields.ts';
import type { FormItem } from './form.ts';

/** The field that a form's file may give by the name that it has. */
const NAME = 'name';

/** The body is the content itself. */
export async function* rawMessages(
  method: MethodContract,
  first: Uint8Array,
  body: AsyncIterable<Buffer>,
): AsyncGenerator<Uint8Array> {
  yield first;
  for await (const piece of body) yield contentMessage(method, piece);
}

/**
 * The body is a form. Throws INVALID_ARGUMENT for a part that the method does not know, that is there twice or stands in the query too,
 * for a value that breaks a rule, and where there is no file.
 */
export async function* formMessages(
  method: MethodContract,
  query: Fields,
  form: AsyncIterable<FormItem>,
): AsyncGenerator<Uint8Array> {
  const given = new Set(Object.keys(query.value));
  let filename: string | undefined;
  yield query.bytes;
  for await (const item of form) {
    if (item.kind === 'piece') yield contentMessage(method, item.bytes);
    else if (item.kind === 'file') filename = item.filename;
    else yield fieldMessage(method, given, item);
  }
  if (filename === undefined) throw invalidRequest('the form has no file');
  const hasName = method.request.fields.some(({ name }) => name === NAME);
  if (hasName && !given.has(NAME) && filename !== '')
    yield fieldMessage(method, given, { name: NAME, value: filename });
}

function contentMessage({ request, rawField = '' }: MethodContract, bytes: Buffer): Uint8Array {
  return request.encode({ [rawField]: bytes });
}

function fieldMessage(
  { request, rawField }: MethodContract,
  given: Set<string>,
  { name, value }: { readonly name: string; readonly value: string },
): Uint8Array {
  if (name === rawField) throw invalidField(name, 'has to be a file');
  if (!request.fields.some((field) => field.name === name))
    throw invalidField(name, 'is not a field of this request');
  if (given.has(name)) throw invalidField(name, 'is given more than once');
  given.add(name);
  const message = request.coerce({ [name]: value }, 'text');
  const violations = request.validate(message);
  if (violations.length > 0) throw invalidFields(violations);
  return request.encode(message as object);
}
