// Makes the descriptors of protos fit for strict readers such as grpcurl. What protobufjs writes has no imports, relative names,
// real oneofs in place of `optional`, wrong names for the entries of maps, and one file for all of google.protobuf.

import protobufDescriptor from 'protobufjs/ext/descriptor/index.js';

const { FileDescriptorProto } = protobufDescriptor;

interface Field {
  name: string;
  typeName?: string;
  oneofIndex?: number;
  proto3Optional?: boolean;
}
interface Message {
  name: string;
  field: Field[];
  nestedType: Message[];
  enumType: { name: string }[];
  oneofDecl: { name: string }[];
  options?: { mapEntry?: boolean };
}
interface ProtoFile {
  name: string;
  package: string;
  dependency: string[];
  extension: unknown[];
  messageType: Message[];
  enumType: { name: string }[];
  service: { name: string; method: { inputType: string; outputType: string }[] }[];
}

/** Every type by its full name, with the file it stands in. */
type Index = Map<string, ProtoFile>;

/** The well-known types by the file that every reader of protos has built in. */
const WELL_KNOWN: Record<string, string[]> = {
  any: ['Any'],
  duration: ['Duration'],
  empty: ['Empty'],
  field_mask: ['FieldMask'],
  struct: ['Struct', 'Value', 'ListValue', 'NullValue'],
  timestamp: ['Timestamp'],
  wrappers: [
    'DoubleValue',
    'FloatValue',
    'Int64Value',
    'UInt64Value',
    'Int32Value',
    'UInt32Value',
    'BoolValue',
    'StringValue',
    'BytesValue',
  ],
};

/**
 * The same files (serialised FileDescriptorProtos) with imports and absolute names, without those that `wanted` does not need.
 * Extensions are left out: the options that they make are not in the descriptors. Throws an Error for a name that nobody declares.
 */
export function linkDescriptors(
  encoded: readonly Uint8Array[],
  wanted: (file: { package: string }) => boolean,
): Buffer[] {
  const files = encoded.map(decodeFile).flatMap(splitWellKnown);
  const index: Index = new Map();
  for (const file of files) {
    for (const { name } of file.enumType) index.set(`${file.package}.${name}`, file);
    for (const message of file.messageType) indexMessage(message, file.package, file, index);
  }
  for (const file of files) link(file, index);
  const needed = new Set<ProtoFile>();
  const need = (file: ProtoFile): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const other of files) if (file.dependency.includes(other.name)) need(other);
  };
  for (const file of files) if (wanted(file)) need(file);
  return [...needed].map((file) => FileDescriptorProto.encode(file).finish() as Buffer);
}

function decodeFile(bytes: Uint8Array): ProtoFile {
  return { ...(FileDescriptorProto.decode(bytes) as unknown as ProtoFile), extension: [], dependency: [] };
}

/** `google_protobuf.proto` as the files it was made from, without the descriptors themselves. */
function splitWellKnown(file: ProtoFile): ProtoFile[] {
  if (file.package !== 'google.protobuf') return [file];
  return Object.entries(WELL_KNOWN).map(([name, types]) => ({
    ...file,
    name: `google/protobuf/${name}.proto`,
    messageType: file.messageType.filter((message) => types.includes(message.name)),
    enumType: file.enumType.filter((type) => types.includes(type.name)),
  }));
}

function indexMessage(message: Message, scope: string, file: ProtoFile, index: Index): void {
  nameMapEntries(message);
  const name = `${scope}.${message.name}`;
  index.set(name, file);
  for (const nested of message.enumType) index.set(`${name}.${nested.name}`, file);
  for (const nested of message.nestedType) indexMessage(nested, name, file, index);
}

/** The entry of the map `some_labels` is `SomeLabelsEntry`. Source: google/protobuf/descriptor.proto, `map_entry`. */
function nameMapEntries(message: Message): void {
  for (const entry of message.nestedType) {
    if (!entry.options?.mapEntry) continue;
    const field = message.field.find(({ typeName }) => typeName === entry.name);
    if (!field) continue;
    entry.name = `${field.name.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}Entry`;
    field.typeName = entry.name;
  }
}

/** Makes the names in a file absolute and notes the files they stand in. */
function link(file: ProtoFile, index: Index): void {
  const absolute = (name: string, from: string): string => {
    const full = resolve(name, from, index);
    if (full === undefined) throw new Error(`${file.name}: unknown type ${name}`);
    const { name: dependency } = index.get(full) as ProtoFile;
    if (dependency !== file.name && !file.dependency.includes(dependency)) file.dependency.push(dependency);
    return `.${full}`;
  };
  const linkMessage = (message: Message, scope: string): void => {
    const name = `${scope}.${message.name}`;
    for (const field of message.field) {
      if (field.typeName) field.typeName = absolute(field.typeName, name);
      // A field outside of any oneof inherits the index 0.
      const oneof = Object.hasOwn(field, 'oneofIndex')
        ? message.oneofDecl[field.oneofIndex ?? -1]
        : undefined;
      if (oneof?.name === `_${field.name}`) field.proto3Optional = true;
    }
    for (const nested of message.nestedType) linkMessage(nested, name);
  };
  for (const message of file.messageType) linkMessage(message, file.package);
  for (const method of file.service.flatMap((service) => service.method)) {
    method.inputType = absolute(method.inputType, file.package);
    method.outputType = absolute(method.outputType, file.package);
  }
}

/** A name as it is seen from a scope: the innermost first. */
function resolve(name: string, from: string, index: Index): string | undefined {
  if (name.startsWith('.')) return index.has(name.slice(1)) ? name.slice(1) : undefined;
  for (let scope = from; scope !== ''; scope = scope.slice(0, Math.max(0, scope.lastIndexOf('.')))) {
    if (index.has(`${scope}.${name}`)) return `${scope}.${name}`;
  }
  return index.has(name) ? name : undefined;
}
