// Says what is wrong with a request, field by field, in words that a form can show. The rules are the JSON Schema's; the
// keywords are Ajv's.

import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema, Violation } from './model.ts';

/** More than these are not told: a request so wrong is not mended from its error. */
const MOST_VIOLATIONS = 20;

/** Deeper than this nothing is that anybody wrote. */
const DEEPEST = 32;

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  validateFormats: true,
  // The schemas are made here. To compile the schema of schemas first would take longer than all of them.
  meta: false,
  validateSchema: false,
});
ajv.addFormat('unicode', { type: 'string', validate: (text: string) => text.isWellFormed() });
ajv.addKeyword({
  keyword: 'instant',
  schemaType: 'boolean',
  validate: (_: boolean, value: unknown) => value instanceof Date && !Number.isNaN(value.getTime()),
  errors: false,
});
ajv.addKeyword({
  keyword: 'octets',
  schemaType: 'boolean',
  validate: (_: boolean, value: unknown) => value instanceof Uint8Array,
  errors: false,
});
ajv.addKeyword({
  keyword: 'nesting',
  schemaType: 'number',
  validate: (deepest: number, value: unknown) => isNested(value, deepest),
  errors: false,
});

/** Makes the validator of one message, compiled when first used. It takes what `coerce` gave: a Timestamp is a Date by then. */
export function compileValidator(schema: () => JsonSchema): (value: unknown) => Violation[] {
  let compiled: ValidateFunction | undefined;
  return (value) => {
    compiled ??= ajv.compile(inside(schema()));
    if (compiled(value)) return [];
    const errors = (compiled.errors ?? []).filter(({ keyword }) => keyword !== 'propertyNames');
    return errors.slice(0, MOST_VIOLATIONS).map(violation);
  };
}

/** The schema as it holds inside the process: Dates and bytes in place of text, and no string that UTF-8 cannot carry. */
function inside(schema: JsonSchema): JsonSchema {
  if (schema['format'] === 'date-time') return { instant: true };
  if (schema['contentEncoding'] === 'base64') return { octets: true };
  // Any object at all.
  if (schema['type'] === 'object' && !schema['properties'] && !schema['additionalProperties'])
    return { ...schema, nesting: DEEPEST };
  const changed: JsonSchema = { ...schema };
  if (schema['type'] === 'string' && schema['enum'] === undefined) changed['format'] = 'unicode';
  if (schema['properties']) {
    const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>);
    changed['properties'] = Object.fromEntries(properties.map(([name, inner]) => [name, inside(inner)]));
  }
  if (schema['items']) changed['items'] = inside(schema['items'] as JsonSchema);
  if (typeof schema['additionalProperties'] === 'object') {
    changed['additionalProperties'] = inside(schema['additionalProperties'] as JsonSchema);
  }
  return changed;
}

function violation(error: ErrorObject): Violation {
  const at = path(error.instancePath);
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'required')
    return { field: join(at, String(params['missingProperty'])), reason: 'is required' };
  if (error.keyword === 'additionalProperties') {
    return {
      field: join(at, String(params['additionalProperty'])),
      reason: 'is not a field of this request',
    };
  }
  if (error.propertyName !== undefined) {
    return { field: join(at, error.propertyName), reason: `the key ${reason(error.keyword, params)}` };
  }
  return { field: at, reason: reason(error.keyword, params) };
}

function reason(keyword: string, params: Record<string, unknown>): string {
  const limit = String(params['limit']);
  switch (keyword) {
    case 'type':
      return params['type'] === 'object' ? 'must be an object' : `must be ${article(String(params['type']))}`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
    case 'minLength':
      return params['limit'] === 1 ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'pattern':
      return `must match ${String(params['pattern'])}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'minItems':
      return `must have at least ${limit} items`;
    case 'maxItems':
      return `must have at most ${limit} items`;
    case 'uniqueItems':
      return 'must not hold the same twice';
    case 'maxProperties':
      return `must have at most ${limit} entries`;
    case 'nesting':
      return `must not be nested deeper than ${DEEPEST}`;
    case 'instant':
      return 'must be a time as RFC 3339 has it, such as 2026-01-31T12:00:00Z';
    case 'octets':
      return 'must be bytes';
    case 'format':
      return 'must be well-formed Unicode';
    default:
      return 'is not valid';
  }
}

function isNested(value: unknown, deepest: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return deepest > 0 && Object.values(value).every((inner) => isNested(inner, deepest - 1));
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** `/files/0/platform` becomes `files[0].platform`. */
function path(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((whole, part) => (/^\d+$/.test(part) ? `${whole}[${part}]` : join(whole, part)), '');
}

function join(before: string, name: string): string {
  return before ? `${before}.${name}` : name;
}
