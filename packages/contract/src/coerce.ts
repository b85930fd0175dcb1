// Brings what came over HTTP into the shape of a message: protobuf's JSON mapping where it says more than JSON, and text (a
// query, a form) where all is text. What cannot be read is left as it is, for the validator to refuse by name.

import protobuf from 'protobufjs';
import ajvFormats from 'ajv-formats/dist/formats.js';
import type { Source } from './model.ts';
import { list } from './options.ts';
import { describeField, rulesOf } from './schema.ts';

type Coerce = (value: unknown, source: Source) => unknown;

const dateTime = (ajvFormats.fullFormats['date-time'] as { validate: (text: string) => boolean }).validate;

/** Makes the coercion of one message. It never throws and does not change its argument. */
export function compileCoercion(type: protobuf.Type): Coerce {
  const fields = new Map(type.fieldsArray.map((field) => [field.name, fieldCoercion(field.resolve())]));
  const clear = type.fields['clear'];
  const clearable = new Set(clear ? list(rulesOf(clear).string?.in) : []);
  return (value, source) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    // Without a prototype, so that a field called `__proto__` is one more that nobody knows.
    const message = Object.create(null) as Record<string, unknown>;
    const cleared: string[] = [];
    for (const [name, inner] of Object.entries(value as Record<string, unknown>)) {
      if (clearable.has(name) && isEmpty(inner)) cleared.push(name);
      else message[name] = fields.get(name)?.(inner, source) ?? inner;
    }
    if (cleared.length > 0) message['clear'] = [...new Set([...namedIn(message['clear']), ...cleared])];
    return message;
  };
}

/** `null`; or a list or an object with nothing in it, which on the wire would not be there. */
function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** What a request names in `clear`. What is no list is left out: whoever sends `null` and that at once means the `null`. */
function namedIn(clear: unknown): unknown[] {
  return Array.isArray(clear) ? clear : [];
}

function fieldCoercion(field: protobuf.Field): Coerce {
  const one = oneCoercion(field);
  if (field instanceof protobuf.MapField || !field.repeated) return one;
  return (value, source) => {
    const values = source === 'text' && !Array.isArray(value) ? [value] : value;
    return Array.isArray(values) ? values.map((inner) => one(inner, source)) : values;
  };
}

function oneCoercion(field: protobuf.Field): Coerce {
  switch (describeField(field).kind) {
    case 'integer':
      return (value) => (typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : value);
    case 'number':
      return (value) => (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value);
    case 'bool':
      return (value, source) => (source === 'text' ? booleanText(value) : value);
    case 'timestamp':
      return (value) => (typeof value === 'string' && dateTime(value) ? instant(value) : value);
    case 'message':
      return compileCoercion(field.resolvedType as protobuf.Type);
    default:
      return (value) => value;
  }
}

function booleanText(value: unknown): unknown {
  if (value === 'true' || value === '1') return true;
  return value === 'false' || value === '0' ? false : value;
}

/** A leap second passes the format and is no Date: it stays text, and is refused. */
function instant(text: string): unknown {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date;
}
