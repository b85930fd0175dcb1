// From a request's query or body to the message that the service takes; all that is wrong with it is told at once, by field.

import type { FastifyRequest } from 'fastify';
import type { MethodContract, Violation } from '@egg/contract';
import { invalidFields } from '@egg/rpc';
import { FormBody, hasBody } from './body.ts';
import { invalidRequest } from './errors.ts';
import { parseText, type TextFields } from './text.ts';

/** A request as the method's message, coerced and valid. */
export interface Fields {
  readonly value: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

/** Makes the reader of one method's requests. It throws INVALID_ARGUMENT with every violation. */
export function compileFields(method: MethodContract): (request: FastifyRequest) => Fields {
  const { request: message } = method;
  const lists = new Set(message.fields.filter(({ repeated }) => repeated).map(({ name }) => name));

  function finish(
    coerced: unknown,
    others: readonly Violation[],
    counts: (violation: Violation) => boolean = () => true,
  ): Fields {
    const violations = [...others, ...message.validate(coerced).filter(counts)];
    if (violations.length > 0) throw invalidFields(violations);
    const value = coerced as Record<string, unknown>;
    return { value, bytes: message.encode(value) };
  }

  function fromText(fields: TextFields, others: readonly Violation[]): Fields {
    const known: TextFields = {};
    const wrong = [...others];
    const twice = new Set<string>();
    for (const [name, value] of Object.entries(fields)) {
      if (name === '__proto__') wrong.push({ field: name, reason: 'is not a field of this request' });
      else if (typeof value === 'string' || lists.has(name)) known[name] = value;
      else twice.add(name);
    }
    wrong.push(...[...twice].map((field) => ({ field, reason: 'is given more than once' })));
    // What is there too often must not be called missing as well.
    return finish(message.coerce(known, 'text'), wrong, ({ field }) => !twice.has(field));
  }

  if (method.rawField !== undefined) return (request) => fromText(parseText(queryOf(request)), []);
  if (method.http?.verb === 'GET') {
    return (request) => {
      if (hasBody(request)) throw invalidRequest('a GET takes its fields from the query and has no body');
      return fromText(parseText(queryOf(request)), []);
    };
  }
  return (request) => {
    const others = inQuery(request);
    const body: unknown = request.body === undefined ? {} : request.body;
    if (body instanceof FormBody) return fromText(body.fields, others);
    return finish(message.coerce(body, 'json'), others);
  };
}

/** The text after `?`. The router is set up to hand it over as it is. */
function queryOf(request: FastifyRequest): string {
  return (request.query as { text: string }).text;
}

/** Fields that stand in the query of a route that takes none from there. */
export function inQuery(request: FastifyRequest): Violation[] {
  const text = queryOf(request);
  if (text === '') return [];
  return Object.keys(parseText(text)).map((field) => ({ field, reason: 'is not a field of the query' }));
}
