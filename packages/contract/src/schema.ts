// From a message of the proto to its JSON Schema: types from the fields, bounds from the field rules, descriptions from the
// comments. The same schema validates, writes JSON and stands in the OpenAPI page.

import protobuf from 'protobufjs';
import type { FieldContract, JsonSchema } from './model.ts';
import { type FieldRules, list, option } from './options.ts';

const INTEGERS = new Set([
  'int32',
  'sint32',
  'uint32',
  'int64',
  'sint64',
  'uint64',
  'fixed32',
  'fixed64',
  'sfixed32',
  'sfixed64',
]);

/** All that is known of one field. */
export function describeField(field: protobuf.Field): FieldContract {
  const rules = rulesOf(field);
  const kind = kindOf(field);
  const type = field.resolvedType;
  const words = type instanceof protobuf.Enum ? Object.keys(type.values) : list(rules.string?.in);
  return {
    name: field.name,
    ...(rules.json !== undefined && { jsonName: rules.json }),
    comment: field.comment ?? '',
    kind,
    ...(type && { typeName: type.fullName.slice(1) }),
    ...(words.length > 0 && { words }),
    repeated: field.repeated,
    optional: field.partOf !== null && field.partOf !== undefined,
    required: rules.required ?? false,
    outputOnly: rules.output_only ?? false,
    immutable: rules.immutable ?? false,
  };
}

/**
 * The schema of a message as JSON. `request` messages refuse what they do not know and require what is `required`; in others every
 * field without presence is there.
 */
export function messageSchema(type: protobuf.Type, request: boolean): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const field of type.fieldsArray) {
    field.resolve();
    const described = describeField(field);
    const schema = fieldSchema(field, described, request);
    const name = described.jsonName ?? field.name;
    properties[name] = properties[name] ? either(properties[name], schema) : schema;
    if ((request ? described.required : !described.optional) && !described.jsonName) required.push(name);
  }
  return {
    type: 'object',
    ...(type.comment && { description: type.comment }),
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

export function rulesOf(field: protobuf.Field): FieldRules {
  return option<FieldRules>(field, 'egg.options.v1.field') ?? {};
}

function kindOf(field: protobuf.Field): FieldContract['kind'] {
  const type = field.resolvedType;
  if (field instanceof protobuf.MapField) return 'map';
  if (type instanceof protobuf.Enum) return 'enum';
  if (type instanceof protobuf.Type) {
    if (type.fullName === '.google.protobuf.Timestamp') return 'timestamp';
    if (type.fullName === '.google.protobuf.Struct' || type.fullName === '.google.protobuf.Value')
      return 'json';
    return 'message';
  }
  if (field.type === 'string' || field.type === 'bool' || field.type === 'bytes') return field.type;
  return INTEGERS.has(field.type) ? 'integer' : 'number';
}

function fieldSchema(field: protobuf.Field, described: FieldContract, request: boolean): JsonSchema {
  const rules = rulesOf(field);
  const one = oneSchema(field, described, rules, request);
  const description = described.comment ? { description: described.comment } : {};
  if (described.kind === 'map') {
    return {
      type: 'object',
      additionalProperties: one,
      ...bounds({ maxProperties: rules.map?.max_pairs }),
      ...(rules.map?.keys && { propertyNames: stringSchema('string', { string: rules.map.keys }) }),
      ...description,
    };
  }
  if (!described.repeated) return { ...one, ...description };
  return {
    type: 'array',
    items: one,
    ...bounds({ minItems: rules.repeated?.min_items, maxItems: rules.repeated?.max_items }),
    ...(rules.repeated?.unique && { uniqueItems: true }),
    ...description,
  };
}

function oneSchema(
  field: protobuf.Field,
  { kind }: FieldContract,
  rules: FieldRules,
  request: boolean,
): JsonSchema {
  const type = field.resolvedType;
  if (type instanceof protobuf.Enum) return { type: 'string', enum: Object.keys(type.values) };
  if (kind === 'message') return messageSchema(type as protobuf.Type, request);
  if (kind === 'timestamp') return { type: 'string', format: 'date-time' };
  if (kind === 'json') return type?.name === 'Struct' ? { type: 'object' } : {};
  if (kind === 'bool') return { type: 'boolean' };
  if (kind === 'number' || field.type === 'double' || field.type === 'float') return { type: 'number' };
  if (INTEGERS.has(field.type)) return integerSchema(field.type, rules);
  return stringSchema(field.type, rules);
}

function integerSchema(type: string, rules: FieldRules): JsonSchema {
  const most = type.endsWith('64')
    ? Number.MAX_SAFE_INTEGER
    : type.startsWith('u')
      ? 2 ** 32 - 1
      : 2 ** 31 - 1;
  const least = type.startsWith('u') ? 0 : -most;
  return { type: 'integer', minimum: rules.int64?.gte ?? least, maximum: rules.int64?.lte ?? most };
}

function stringSchema(type: string, { required, string }: FieldRules): JsonSchema {
  if (type === 'bytes') return { type: 'string', contentEncoding: 'base64' };
  const words = list(string?.in);
  return {
    type: 'string',
    ...bounds({ minLength: string?.min_len ?? (required ? 1 : undefined), maxLength: string?.max_len }),
    ...(string?.pattern !== undefined && { pattern: string.pattern }),
    ...(words.length > 0 && { enum: words }),
  };
}

/** Two fields under one name, of which one is filled. Of two arrays the items are of one kind or of the other. */
function either(one: JsonSchema, other: JsonSchema): JsonSchema {
  if (one['items'] && other['items']) return { ...one, items: { anyOf: [one['items'], other['items']] } };
  return { anyOf: [one, other] };
}

function bounds(values: Record<string, number | undefined>): JsonSchema {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
