// Reads the protos once and gives the contract: services, methods, tables and messages with everything that is derived from
// them. Relies on protobufjs. Every process loads all of it at its start and needs little of it: what costs time to derive is
// derived when it is first asked for.

import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import protobuf from 'protobufjs';
import { encodeDescriptors } from './descriptors.ts';
import { compileCoercion } from './coerce.ts';
import type { Contract, MessageContract, MethodContract, ServiceContract, TableContract } from './model.ts';
import { once } from './once.ts';
import { checkOptions, type HttpRule, list, type MethodRules, option, type TableRules } from './options.ts';
import { compileReferences, pointsAt } from './references.ts';
import { describeField, messageSchema } from './schema.ts';
import { compileValidator } from './validate.ts';
import { registerWellKnownTypes } from './wire.ts';

/** The protos of this repository. */
export const PROTO_DIR = resolve(import.meta.dirname, '../../../proto');

/** What of them is the API; the rest is what those import. In the order of their names. */
const API_DIRS = ['egg/blocklists', 'egg/eggs', 'egg/events', 'egg/tasks'];

/** Where protobufjs keeps `google/api/annotations.proto` and its like. */
const GOOGLE_DIR = dirname(createRequire(import.meta.url).resolve('protobufjs/package.json'));

const REPLY = { longs: Number, enums: String, defaults: true } as const;
const REQUEST = { longs: Number, enums: String } as const;

/**
 * Loads `files` (by default all of the API) from `dirs` (by default this repository's `proto/`, which is always searched too).
 * Throws an Error that names the place for a proto that does not parse or has an option that nobody declared.
 */
export function loadContract({ dirs = [], files }: { dirs?: string[]; files?: string[] } = {}): Contract {
  registerWellKnownTypes();
  const includeDirs = [...dirs, PROTO_DIR, GOOGLE_DIR];
  const root = loadRoot(files ?? protosOfTheApi(), includeDirs);
  checkOptions(root.lookup('egg') ?? root);
  const messages = messageCache(root);
  const services = servicesIn(root).map((service) => describeService(service, messages));
  const tables = services.flatMap(({ table }) => table ?? []);
  return {
    services,
    tables,
    service: (name) =>
      found(
        services.find((service) => service.name === name),
        name,
      ),
    table: (name) =>
      found(
        tables.find((table) => table.name === name),
        name,
      ),
    message: (name) => messages(root.lookupType(name), false),
    descriptors: once(() => encodeDescriptors(root)),
  };
}

function protosOfTheApi(): string[] {
  return API_DIRS.flatMap((dir) =>
    readdirSync(join(PROTO_DIR, dir), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.proto'))
      .map((name) => `${dir}/${name}`),
  );
}

function loadRoot(files: string[], dirs: string[]): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => {
    if (target in protobuf.common) return target;
    return dirs.map((dir) => join(dir, target)).find((path) => existsSync(path)) ?? target;
  };
  root.loadSync(files, { keepCase: true, alternateCommentMode: true });
  root.resolveAll();
  return root;
}

function servicesIn(namespace: protobuf.NamespaceBase): protobuf.Service[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) return [nested];
    return nested instanceof protobuf.Namespace ? servicesIn(nested) : [];
  });
}

type Messages = (type: protobuf.Type, request: boolean) => MessageContract;

function messageCache(root: protobuf.Root): Messages {
  const made = new Map<string, MessageContract>();
  return (type, request) => {
    const key = `${type.fullName} ${request}`;
    const contract = made.get(key) ?? describeMessage(root.lookupType(type.fullName), request);
    made.set(key, contract);
    return contract;
  };
}

function describeMessage(type: protobuf.Type, request: boolean): MessageContract {
  const schema = once(() => messageSchema(type, request));
  const fields = once(() => type.fieldsArray.map((field) => describeField(field.resolve())));
  const coerce = once(() => compileCoercion(type));
  return {
    name: type.fullName.slice(1),
    comment: type.comment ?? '',
    get schema() {
      return schema();
    },
    get fields() {
      return fields();
    },
    coerce: (value, source) => coerce()(value, source),
    validate: compileValidator(schema),
    encode: (value) => type.encode(type.fromObject(value)).finish(),
    decodeRequest: (bytes) => type.toObject(type.decode(bytes), REQUEST),
    decodeReply: (bytes) => type.toObject(type.decode(bytes), REPLY),
  };
}

function describeService(service: protobuf.Service, messages: Messages): ServiceContract {
  const name = service.fullName.slice(1);
  const methods = service.methodsArray.map((method) => describeMethod(name, method, messages));
  const rules = option<TableRules>(service, 'egg.options.v1.table');
  return {
    name,
    package: name.slice(0, name.lastIndexOf('.')),
    comment: service.comment ?? '',
    methods,
    ...(rules && { table: describeTable(service, rules, methods, messages) }),
  };
}

function describeMethod(service: string, method: protobuf.Method, messages: Messages): MethodContract {
  const rules = option<MethodRules>(method, 'egg.options.v1.method') ?? {};
  const http = option<HttpRule>(method, 'google.api.http');
  const path = http?.get ?? http?.post;
  const request = messages(typeOf(method.resolvedRequestType, method), true);
  const immutableWith = rules.immutable_with;
  if (immutableWith !== undefined && !request.fields.some(({ name }) => name === immutableWith))
    throw new Error(`${method.fullName}: no field ${immutableWith}`);
  const rawField = rawFieldOf(method, http, request);
  return {
    name: method.name,
    path: `/${service}/${method.name}`,
    service,
    comment: method.comment ?? '',
    request,
    reply: messages(typeOf(method.resolvedResponseType, method), false),
    requestStream: method.requestStream ?? false,
    replyStream: method.responseStream ?? false,
    ...(path !== undefined && { http: { verb: http?.get === undefined ? 'POST' : 'GET', path } as const }),
    roles: list(rules.role),
    body: rules.body ?? 'json',
    ...(rawField !== undefined && { rawField }),
    multipart: rules.multipart ?? false,
    original: rules.original ?? false,
    writes: rules.writes ?? false,
    ...(immutableWith !== undefined && { immutableWith }),
  };
}

/** A `body` that names a field is that field's bytes as they are, as google.api.http has it; they come as a stream. */
function rawFieldOf(
  method: protobuf.Method,
  http: HttpRule | undefined,
  request: MessageContract,
): string | undefined {
  if (http?.body === undefined || http.body === '*') return undefined;
  const field = request.fields.find(({ name }) => name === http.body);
  if (field?.kind !== 'bytes' || !method.requestStream)
    throw new Error(`${method.fullName}: body ${http.body} has to be bytes of a stream of requests`);
  return field.name;
}

function describeTable(
  service: protobuf.Service,
  rules: TableRules,
  methods: MethodContract[],
  messages: Messages,
): TableContract {
  const path = methods.find((method) => method.name === 'List')?.http?.path.split('/')[1];
  if (path === undefined) throw new Error(`${service.fullName}: a table needs a method List with a path`);
  const record = messages(service.lookupType(rules.record), false);
  const key = list(rules.key);
  for (const field of [...key, ...list(rules.search)]) {
    if (!record.fields.some(({ name }) => name === field))
      throw new Error(`${service.fullName}: no field ${field}`);
  }
  return {
    name: rules.name,
    path,
    service: service.fullName.slice(1),
    record,
    key,
    ...(rules.search !== undefined && { search: rules.search }),
    ...(rules.counter !== undefined && { counter: rules.counter }),
    ...(rules.facts !== undefined && { facts: rules.facts }),
    pointsAt: pointsAt(service.lookupType(rules.record)),
    references: compileReferences(service.lookupType(rules.record)),
  };
}

function typeOf(type: protobuf.Type | null, method: protobuf.Method): protobuf.Type {
  if (type === null) throw new Error(`${method.fullName}: unknown message`);
  return type;
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the contract has no ${name}`);
  return value;
}
