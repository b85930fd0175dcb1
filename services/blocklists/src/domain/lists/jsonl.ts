// One record a line as JSON, with every field of it: what an export writes, and what an old panel's data is brought in as.

import { type FieldKind, isRecord, readField } from './json-field.ts';

/** The fields of a record, by kind, as the list has them; what is not named is refused. */
export type Shape = Readonly<Record<string, FieldKind>>;

/** What the entries of both blocklists have beside what names them. */
export interface ListedFields {
  readonly id?: number;
  readonly action?: 'block' | 'allow';
  readonly comment?: string;
  readonly source?: string;
  readonly sources?: readonly string[];
  readonly enabled?: boolean;
  readonly expires_at?: Date;
  readonly created_at?: Date;
  readonly updated_at?: Date;
}

/** A record with its fields checked by kind, or why there is none. */
export type ReadRecord<T> =
  { readonly record: T & ListedFields; readonly reason?: never } | { readonly reason: string };

const SHARED: Shape = {
  id: { kind: 'integer' },
  revision: { kind: 'integer' },
  action: { kind: 'word', words: ['block', 'allow'] },
  comment: { kind: 'text', most: Infinity },
  source: { kind: 'text', least: 1, most: 128 },
  sources: { kind: 'texts', most: 128 },
  enabled: { kind: 'flag' },
  expires_at: { kind: 'time' },
  created_at: { kind: 'time' },
  updated_at: { kind: 'time' },
};

/** What names an entry of the list of domains. */
export const DOMAIN_SHAPE: Shape = {
  domain: { kind: 'text', least: 1, most: 1024, required: true },
  match: { kind: 'word', words: ['subdomains', 'exact', 'wildcard'] },
  ...SHARED,
};

/** What names an entry of the list of processes. */
export const PROCESS_SHAPE: Shape = {
  process: { kind: 'text', least: 1, most: 4096, required: true },
  signature: { kind: 'text', least: 1, most: 1024, required: true },
  ...SHARED,
};

/** Reads one line that is not blank. `null` is as if the field were not there; decimal text is taken for an integer. */
export function readRecord<T>(line: string, shape: Shape): ReadRecord<T> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { reason: 'is not JSON' };
  }
  if (!isRecord(value)) return { reason: 'is not a JSON object' };
  const record: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const kind = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (kind === undefined) return { reason: `has a field ${name.slice(0, 64)}, which no entry has` };
    if (given === null) continue;
    const read = readField(kind, given);
    if ('reason' in read) return { reason: `${name} ${read.reason}` };
    record[name] = read.value;
  }
  const missing = Object.entries(shape).find(([name, kind]) => kind.required && record[name] === undefined);
  if (missing) return { reason: `${missing[0]} is required` };
  return { record: record as T & ListedFields };
}

/** Writes one record: what `readRecord` reads to the same. */
export function writeRecord(record: object): string {
  return JSON.stringify(record);
}
