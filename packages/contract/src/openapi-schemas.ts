// The schemas of the OpenAPI page: requests as they are taken (integers also as text, `null` where it means something), replies in
// their envelope, records as components of their own.

import type { Contract, JsonSchema, MessageContract, Source } from './model.ts';

const ENVELOPE = {
  status: { const: 0, description: '0: done.' },
  msg: { type: 'string', description: '`ok`' },
};

/** What every error is, whatever its status. */
export const ERROR: JsonSchema = {
  type: 'object',
  description: 'What every error is.',
  properties: {
    status: { const: 1, description: '1: error.' },
    msg: { type: 'string', description: 'What is wrong, for a person to read.' },
    code: { type: 'string', description: 'The canonical gRPC status name.' },
    errors: {
      type: 'array',
      description: 'The fields at fault, where fields are.',
      items: {
        type: 'object',
        properties: {
          field: {
            type: 'string',
            description: 'A path such as `files[0].platform`; empty for the request as a whole.',
          },
          reason: { type: 'string' },
        },
        required: ['field', 'reason'],
        additionalProperties: false,
      },
    },
    request_id: {
      type: 'string',
      description: 'As in `X-Request-Id`, and in every log line of the request.',
    },
  },
  required: ['status', 'msg', 'code', 'errors', 'request_id'],
  additionalProperties: false,
};

/** The records of all tables, and what is sent as events, by their short names, for `components.schemas`. */
export function recordSchemas({ tables, services }: Contract): Record<string, JsonSchema> {
  const events = services.flatMap(({ methods }) => methods.filter(({ body }) => body === 'sse'));
  const messages = [...tables.map(({ record }) => record), ...events.map(({ reply }) => reply)];
  return Object.fromEntries(messages.map(({ name, schema }) => [shortName(name), schema]));
}

/**
 * A request as the gateway takes it. In `json` an integer may be a decimal string, and `null` clears what can be cleared; in `text`
 * a flag may be a digit.
 */
export function requestSchema(message: MessageContract, source: Source): JsonSchema {
  if (source === 'text') {
    return mapSchema(message.schema, (one) =>
      one['type'] === 'boolean' ? orOther(one, { enum: ['0', '1'] }) : one,
    );
  }
  const clearable = clearableFields(message.schema);
  const schema = mapSchema(message.schema, (one) => (one['type'] === 'integer' ? integerOrText(one) : one));
  const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>);
  return {
    ...schema,
    properties: Object.fromEntries(
      properties.map(([name, one]) => [
        name,
        clearable.includes(name) ? orOther(one, { type: 'null' }) : one,
      ]),
    ),
  };
}

/** A 200 answer: the envelope with the reply's fields. */
export function replySchema(message: MessageContract, records: Record<string, JsonSchema>): JsonSchema {
  const names = new Map(Object.entries(records).map(([name, schema]) => [fingerprint(schema), name]));
  const schema = mapSchema(message.schema, (one) => {
    const name = names.get(fingerprint(one));
    if (name === undefined) return one;
    const own = one['description'] === records[name]?.['description'] ? undefined : one['description'];
    return { $ref: `#/components/schemas/${name}`, ...(own !== undefined && { description: own }) };
  });
  return {
    type: 'object',
    properties: { ...ENVELOPE, ...(schema['properties'] as object) },
    required: ['status', 'msg', ...((schema['required'] as string[] | undefined) ?? [])],
    additionalProperties: false,
  };
}

/** `egg.blocklists.v1.DomainBlock` is `DomainBlock`. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Changes a schema and all within it, from the inside out. */
function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const inner = (value: unknown) => mapSchema(value as JsonSchema, change);
  const mapped: JsonSchema = { ...schema };
  if (schema['properties']) {
    const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>);
    mapped['properties'] = Object.fromEntries(properties.map(([name, one]) => [name, inner(one)]));
  }
  if (schema['items']) mapped['items'] = inner(schema['items']);
  if (schema['anyOf']) mapped['anyOf'] = (schema['anyOf'] as JsonSchema[]).map(inner);
  if (typeof schema['additionalProperties'] === 'object') {
    mapped['additionalProperties'] = inner(schema['additionalProperties']);
  }
  return change(mapped);
}

/** A field that holds a record may have a comment of its own in place of the record's. */
function fingerprint(schema: JsonSchema): string {
  return JSON.stringify({ ...schema, description: undefined });
}

function integerOrText(integer: JsonSchema): JsonSchema {
  return orOther(integer, { type: 'string', pattern: decimalPattern(integer) });
}

/** Decimal text within the bounds; where the largest number of digits would reach beyond them, one digit less and the bound itself. */
function decimalPattern({ minimum, maximum }: JsonSchema): string {
  const digits = String(maximum).length - 1;
  const sign = Number(minimum) < 0 ? '-?' : '';
  const zero = Number(minimum) <= 0 ? '0|' : '';
  const fewer = digits === 0 ? '' : `|${sign}[1-9][0-9]{0,${digits - 1}}`;
  return `^(${zero}${String(maximum)}${fewer})$`;
}

function clearableFields(schema: JsonSchema): string[] {
  const clear = (schema['properties'] as Record<string, JsonSchema> | undefined)?.['clear'];
  return ((clear?.['items'] as JsonSchema | undefined)?.['enum'] as string[] | undefined) ?? [];
}

function orOther({ description, ...schema }: JsonSchema, other: JsonSchema): JsonSchema {
  return { anyOf: [schema, other], ...(description !== undefined && { description }) };
}
