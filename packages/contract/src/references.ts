// Which records a record points at: the fields whose rules say `references`, wherever they stand in the message but in copies.

import protobuf from 'protobufjs';
import type { Reference } from './model.ts';
import { rulesOf } from './schema.ts';

/** The tables that a message's records can point at. */
export function pointsAt(type: protobuf.Type): string[] {
  const tables = type.fieldsArray.flatMap((field) => {
    const { references } = rulesOf(field.resolve());
    if (references !== undefined) return [references];
    const inner = innerOf(field);
    return inner ? pointsAt(inner) : [];
  });
  return [...new Set(tables)];
}

type Find = (value: unknown, at: string) => Reference[];

/** Makes what finds the references in one message's records. */
export function compileReferences(type: protobuf.Type): (record: object) => Reference[] {
  const find = messageReferences(type);
  return (record) => find?.(record, '') ?? [];
}

/** Undefined where nothing in the message points anywhere. */
function messageReferences(type: protobuf.Type): Find | undefined {
  const fields = type.fieldsArray.flatMap((field) => {
    const find = fieldReferences(field.resolve());
    return find ? [{ name: field.name, find }] : [];
  });
  if (fields.length === 0) return undefined;
  return (value, at) =>
    fields.flatMap(({ name, find }) => {
      const inner = (value as Record<string, unknown>)[name];
      const path = at === '' ? name : `${at}.${name}`;
      return inner === undefined || inner === null ? [] : find(inner, path);
    });
}

function fieldReferences(field: protobuf.Field): Find | undefined {
  const one = oneReference(field);
  if (!one || !field.repeated) return one;
  return (values, at) => (values as unknown[]).flatMap((value, index) => one(value, `${at}[${index}]`));
}

function oneReference(field: protobuf.Field): Find | undefined {
  const { references: table } = rulesOf(field);
  if (table !== undefined) return (id, at) => [{ field: at, table, id: Number(id) }];
  const inner = innerOf(field);
  return inner && messageReferences(inner);
}

/** The message that a field holds; undefined for one that is a value of its own, such as a time, or a copy. */
function innerOf(field: protobuf.Field): protobuf.Type | undefined {
  const { resolvedType } = field;
  const isPlain = resolvedType instanceof protobuf.Type && !resolvedType.fullName.startsWith('.google.');
  return isPlain && rulesOf(field).copied !== true ? resolvedType : undefined;
}
