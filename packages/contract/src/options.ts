// Reads the options of a proto and holds them against `options.proto` itself: protobufjs accepts a misspelt option in silence,
// here it fails at load.

import protobuf from 'protobufjs';
import type { BodyKind, Role } from './model.ts';

export interface FieldRules {
  required?: boolean;
  output_only?: boolean;
  immutable?: boolean;
  string?: StringRules;
  int64?: { gte?: number; lte?: number };
  repeated?: { min_items?: number; max_items?: number; unique?: boolean };
  json?: string;
  map?: { max_pairs?: number; keys?: StringRules };
  references?: string;
  copied?: boolean;
}

interface StringRules {
  min_len?: number;
  max_len?: number;
  pattern?: string;
  in?: string | string[];
}

export interface MethodRules {
  role?: Role | Role[];
  body?: BodyKind;
  original?: boolean;
  writes?: boolean;
  immutable_with?: string;
  multipart?: boolean;
}

export interface TableRules {
  name: string;
  record: string;
  key: string | string[];
  search?: string;
  counter?: string;
  facts?: string;
}

export interface HttpRule {
  get?: string;
  post?: string;
  body?: string;
}

/** Options that protobufjs sets or protobuf defines, which say nothing here. */
const PLAIN = new Set(['proto3_optional', 'packed', 'deprecated', 'edition', 'features']);

/** The value of one custom option of `object`, or undefined. `name` is its full name, without parentheses. */
export function option<T>(object: protobuf.ReflectionObject, name: string): T | undefined {
  const found = parsed(object).find((entry) => `(${name})` in entry);
  return found?.[`(${name})`] as T | undefined;
}

/** Repeated values come as one value where there is one. */
export function list<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Throws an Error that names the place if `object`, or anything within it, has an option that no proto declares. */
export function checkOptions(object: protobuf.ReflectionObject): void {
  for (const entry of parsed(object)) {
    for (const [key, value] of Object.entries(entry)) checkOption(object, key, value);
  }
  if (object instanceof protobuf.Namespace) object.nestedArray.forEach(checkOptions);
  if (object instanceof protobuf.Type) object.fieldsArray.forEach(checkOptions);
  if (object instanceof protobuf.Service) object.methodsArray.forEach(checkOptions);
}

function checkOption(object: protobuf.ReflectionObject, key: string, value: unknown): void {
  if (PLAIN.has(key)) return;
  const name = /^\(([\w.]+)\)$/.exec(key)?.[1];
  const extension = name === undefined ? null : object.root.lookup(name);
  if (!(extension instanceof protobuf.Field) || extension.extend === undefined) {
    throw new Error(`${object.fullName}: unknown option ${key}`);
  }
  checkValue(`${object.fullName}: ${key}`, extension.resolve(), value);
}

function checkValue(where: string, field: protobuf.Field, value: unknown): void {
  const type = field.resolvedType;
  for (const one of Array.isArray(value) ? value : [value]) {
    if (type instanceof protobuf.Type) checkMessage(where, type, one);
    else if (type instanceof protobuf.Enum) {
      if (typeof one !== 'string' || !(one in type.values))
        throw new Error(`${where}: unknown value ${String(one)}`);
    } else if (typeof one !== scalarKind(field.type)) {
      throw new Error(`${where}: ${String(one)} is no ${field.type}`);
    }
  }
}

function checkMessage(where: string, type: protobuf.Type, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new Error(`${where}: has to be a message`);
  for (const [key, inner] of Object.entries(value)) {
    const field = type.fields[key];
    if (field === undefined) throw new Error(`${where}: unknown key ${key}`);
    checkValue(`${where}.${key}`, field.resolve(), inner);
  }
}

function scalarKind(type: string): 'string' | 'boolean' | 'number' {
  if (type === 'string' || type === 'bytes') return 'string';
  return type === 'bool' ? 'boolean' : 'number';
}

function parsed(object: protobuf.ReflectionObject): readonly Record<string, unknown>[] {
  return (object.parsedOptions ?? []) as Record<string, unknown>[];
}
