// A stream of replies as one JSON object, written while it arrives: the envelope, the scalar fields of the first reply's `data`,
// then each repeated field as one array, in the order of the proto.

import type { Contract, FieldContract, MethodContract } from '@egg/contract';
import { compileItem, compileScalars } from './reply-json.ts';

type Data = Readonly<Record<string, unknown>>;

/** What is under one name in JSON; usually one field. */
interface JsonArray {
  readonly name: string;
  readonly sources: readonly { readonly field: string; readonly write: (item: unknown) => string }[];
}

/** Writes one answer piece by piece. Each piece is some text, never empty but for a reply that holds nothing. */
export interface StreamWriter {
  /** For every reply in turn. Throws an Error if a field comes after one that the proto has behind it. */
  reply(data: Data): string;
  /** What closes the object. */
  end(): string;
}

/** Makes the writers of one method's answers. Throws an Error that names the method if its reply is not one message `data`. */
export function compileStream(contract: Contract, method: MethodContract): () => StreamWriter {
  const [data, ...others] = method.reply.fields;
  if (data?.name !== 'data' || data.typeName === undefined || data.repeated || others.length > 0) {
    throw new Error(`${method.path}: a reply of a json_stream has to be one message, data`);
  }
  const message = contract.message(data.typeName);
  const writeScalars = compileScalars(message);
  const arrays = arraysOf(contract, message.fields);
  return () => startWriter(arrays, writeScalars, method);
}

function startWriter(
  arrays: readonly JsonArray[],
  writeScalars: (data: object) => string,
  method: MethodContract,
): StreamWriter {
  let open = -1;
  let isEmpty = true;

  /** Closes arrays and opens others until the one at `index` is open. */
  function goTo(index: number): string {
    let text = '';
    while (open < index) {
      text += `${open === -1 ? '' : '],'}"${arrays[++open]?.name}":[`;
      isEmpty = true;
    }
    return text;
  }

  function items(array: JsonArray, index: number, data: Data): string {
    let text = '';
    for (const { field, write } of array.sources) {
      const values = (data[field] ?? []) as unknown[];
      if (values.length === 0) continue;
      if (index < open) throw new Error(`${method.path}: ${field} came after a later field`);
      text += goTo(index);
      for (const value of values) {
        text += isEmpty ? write(value) : `,${write(value)}`;
        isEmpty = false;
      }
    }
    return text;
  }

  let head: string | undefined;
  return {
    reply(data) {
      let text = '';
      if (head === undefined) {
        const scalars = writeScalars(data).slice(0, -1);
        head = `{"status":0,"msg":"ok","data":${scalars}${scalars === '{' || arrays.length === 0 ? '' : ','}`;
        text = head;
      }
      for (const [index, array] of arrays.entries()) text += items(array, index, data);
      return text;
    },
    end: () => `${goTo(arrays.length - 1)}${arrays.length === 0 ? '' : ']'}}}`,
  };
}

function arraysOf(contract: Contract, fields: readonly FieldContract[]): JsonArray[] {
  const byName = Map.groupBy(
    fields.filter(({ repeated }) => repeated),
    ({ name, jsonName }) => jsonName ?? name,
  );
  return [...byName].map(([name, sources]) => ({
    name,
    sources: sources.map((field) => ({ field: field.name, write: compileItem(contract, field) })),
  }));
}
