// TypeScript types from the protos: an interface for each message that a method takes or gives, in one file a package. A field of
// a request that need not be there has a `?`; in answers only what has presence has one.

import type { Contract, FieldContract, MessageContract } from '../model.ts';

const HEAD = '// Generated from the protos by `npm run generate`; do not edit.\n';

interface Used {
  readonly message: MessageContract;
  request: boolean;
}

/** The files by name, such as `blocklists.ts` for the package `egg.blocklists.v1`. */
export function typeFiles(contract: Contract): Map<string, string> {
  const used = new Map<string, Used>();
  for (const { request, reply } of contract.services.flatMap(({ methods }) => methods)) {
    collect(contract, request, true, used);
    collect(contract, reply, false, used);
  }
  const files = Map.groupBy(used.values(), ({ message }) => fileOf(message.name));
  return new Map([...files].map(([file, messages]) => [file, render(file, messages)]));
}

function collect(
  contract: Contract,
  message: MessageContract,
  request: boolean,
  used: Map<string, Used>,
): void {
  const known = used.get(message.name);
  if (known && (known.request || !request)) return;
  used.set(message.name, { message, request });
  for (const { kind, typeName } of message.fields) {
    if (kind === 'message' && typeName !== undefined)
      collect(contract, contract.message(typeName), request, used);
  }
}

function render(file: string, messages: Used[]): string {
  const own = messages.toSorted((a, b) => a.message.name.localeCompare(b.message.name));
  const body = own.map(({ message, request }) => interfaceOf(message, request)).join('\n');
  const others = [...new Set(own.flatMap(({ message }) => imported(file, message)))].sort();
  const imports = others.map(([name, from]) => `import type { ${name} } from './${from}';\n`).join('');
  return `${HEAD}\n${imports}${imports && '\n'}${body}`;
}

function imported(file: string, { fields }: MessageContract): [string, string][] {
  return fields.flatMap(({ kind, typeName }) =>
    kind === 'message' && typeName !== undefined && fileOf(typeName) !== file
      ? [[typeNameOf(typeName), fileOf(typeName)] as [string, string]]
      : [],
  );
}

function interfaceOf(message: MessageContract, request: boolean): string {
  const fields = message.fields.map((field) => {
    const optional = request ? !field.required : field.optional;
    return `${doc(field.comment, '  ')}  ${field.name}${optional ? '?' : ''}: ${typeOf(field)};\n`;
  });
  return `${doc(message.comment, '')}export interface ${typeNameOf(message.name)} {\n${fields.join('')}}\n`;
}

function typeOf(field: FieldContract): string {
  const one = oneTypeOf(field);
  if (field.kind === 'map') return `Record<string, ${one}>`;
  if (!field.repeated) return one;
  return one.includes('|') ? `(${one})[]` : `${one}[]`;
}

function oneTypeOf({ kind, typeName, words }: FieldContract): string {
  if (words) return words.map((word) => `'${word}'`).join(' | ');
  switch (kind) {
    case 'integer':
    case 'number':
      return 'number';
    case 'bool':
      return 'boolean';
    case 'timestamp':
      return 'Date';
    case 'bytes':
      return 'Uint8Array';
    case 'json':
      return 'Record<string, unknown>';
    case 'message':
      return typeNameOf(typeName ?? '');
    default:
      return 'string';
  }
}

/** `egg.blocklists.v1.DomainBlockHistoryReply.Change` becomes `DomainBlockHistoryReplyChange`. */
function typeNameOf(fullName: string): string {
  return fullName.split('.').slice(3).join('');
}

function fileOf(fullName: string): string {
  return `${fullName.split('.')[1]}.ts`;
}

function doc(comment: string, indent: string): string {
  if (!comment) return '';
  return `${indent}/** ${comment.replaceAll('\n', ' ').replaceAll('*/', '* /')} */\n`;
}
