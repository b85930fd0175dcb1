// Writes replies as JSON, by functions compiled from the reply's schema.

import fastJson from 'fast-json-stringify';
import type { Contract, FieldContract, JsonSchema, MessageContract, MethodContract } from '@egg/contract';

type Write = (value: object) => string;

/** Writes a reply in the envelope: `{"status":0,"msg":"ok","data":…}`. */
export function compileReply(contract: Contract, method: MethodContract): Write {
  const write = compileMessage(contract, method.reply);
  return (reply) => {
    const json = write(reply);
    return json === '{}' ? '{"status":0,"msg":"ok"}' : `{"status":0,"msg":"ok",${json.slice(1)}`;
  };
}

/** Writes one message. Fields that have another name in JSON are written under it. */
function compileMessage(contract: Contract, message: MessageContract): Write {
  const write = fastJson(writable(message.schema));
  const rename = renaming(contract, message);
  return rename ? (value) => write(rename(value as Record<string, unknown>)) : write;
}

/** Writes one item of a repeated field. */
export function compileItem(contract: Contract, field: FieldContract): (item: unknown) => string {
  if (field.kind !== 'message' || field.typeName === undefined) return (item) => JSON.stringify(item);
  return compileMessage(contract, contract.message(field.typeName)) as (item: unknown) => string;
}

/** Writes the fields of a message that are not repeated. */
export function compileScalars(message: MessageContract): Write {
  const scalars = new Set(message.fields.filter(({ repeated }) => !repeated).map(({ name }) => name));
  const properties = Object.entries(message.schema['properties'] as Record<string, JsonSchema>);
  return fastJson(
    writable({
      ...message.schema,
      properties: Object.fromEntries(properties.filter(([name]) => scalars.has(name))),
      required: ((message.schema['required'] as string[] | undefined) ?? []).filter((name) =>
        scalars.has(name),
      ),
    }),
  );
}

/** fast-json-stringify writes of an object only what its schema names; an object that may be anything has to be any value. */
function writable(schema: JsonSchema): JsonSchema {
  if (schema['type'] === 'object' && schema['properties'] === undefined && !schema['additionalProperties']) {
    return {};
  }
  const changed: JsonSchema = { ...schema };
  if (schema['properties']) {
    const properties = Object.entries(schema['properties'] as Record<string, JsonSchema>);
    changed['properties'] = Object.fromEntries(properties.map(([name, inner]) => [name, writable(inner)]));
  }
  if (schema['items']) changed['items'] = writable(schema['items'] as JsonSchema);
  if (schema['anyOf']) changed['anyOf'] = (schema['anyOf'] as JsonSchema[]).map(writable);
  if (typeof schema['additionalProperties'] === 'object') {
    changed['additionalProperties'] = writable(schema['additionalProperties'] as JsonSchema);
  }
  return changed;
}

type Rename = (value: Record<string, unknown>) => Record<string, unknown>;

/** Undefined where nothing in the message has another name, which is nearly always. */
function renaming(contract: Contract, message: MessageContract): Rename | undefined {
  const changes = message.fields.flatMap((field) => {
    const inner =
      field.kind === 'message' && field.typeName !== undefined
        ? renaming(contract, contract.message(field.typeName))
        : undefined;
    return field.jsonName !== undefined || inner ? [{ field, inner }] : [];
  });
  if (changes.length === 0) return undefined;
  return (value) => {
    const renamed = { ...value };
    for (const { field, inner } of changes) {
      const was = value[field.name];
      const is = inner ? each(was, inner) : was;
      if (field.jsonName === undefined) renamed[field.name] = is;
      else if (!isEmpty(was)) renamed[field.jsonName] = is;
    }
    return renamed;
  };
}

function each(value: unknown, change: Rename): unknown {
  if (Array.isArray(value)) return value.map((one: Record<string, unknown>) => change(one));
  return typeof value === 'object' && value !== null ? change(value as Record<string, unknown>) : value;
}

/** Whether a field that shares its name is the one that is not filled. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
