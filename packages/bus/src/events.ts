// What is said of a commit on the bus: a CloudEvents 1.0 event in structured JSON (cloudevents.io, "JSON Event Format").

import { crc32 } from 'node:zlib';
import type { Commit } from './source.ts';

/** A message of the bus. */
export interface BusEvent {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TableEventOptions {
  readonly prefix: string;
  /** The table's name in subjects: `domain_block`. */
  readonly table: string;
  /** The event's `source`. Default: `egg/<table>`. */
  readonly source?: string;
}

export interface CounterEventOptions {
  readonly prefix: string;
  /** The counter: `counter_for_domain`. */
  readonly field: string;
}

const HEADERS = { 'content-type': 'application/cloudevents+json' } as const;
/** Within a string its quotes would be escaped. */
const DATA = ',"data":{';
const encoder = new TextEncoder();

/**
 * The event of a table's commit, of at most `maxBytes`: where its records would make it larger, `data` says `truncated` and has
 * none, and whoever wants them reads them from the table.
 */
export function tableEvent(options: TableEventOptions, commit: Commit, maxBytes: number): BusEvent {
  const { prefix, table } = options;
  const [first, ...others] = commit.changes;
  const one = others.length === 0 ? first : undefined;
  const event = (data: object): Uint8Array =>
    serialise(commit, {
      id: `${table}:${commit.revision}`,
      source: options.source ?? `egg/${table}`,
      type: `egg.${table}.${commit.verb}`,
      ...(one && { subject: String(one.id) }),
      data,
    });
  let payload = event(
    one
      ? { before: one.before, after: one.after }
      : { changes: commit.changes.map(({ id, before, after }) => ({ id, before, after })) },
  );
  if (payload.length > maxBytes) payload = event({ truncated: true });
  return { subject: `${prefix}.${table}.${commit.verb}`, payload, headers: HEADERS };
}

/** The event of a step of a counter, whose value is the revision of the commit that made it. */
export function counterEvent({ prefix, field }: CounterEventOptions, commit: Commit): BusEvent {
  const payload = serialise(commit, {
    id: `${field}:${commit.revision}`,
    source: 'egg/counter',
    type: 'egg.counter.incremented',
    data: { field, value: commit.revision },
  });
  return { subject: counterSubject(prefix, field), payload, headers: HEADERS };
}

/** Something that happened and is no commit. */
export interface Fact {
  /** Stable, so that whoever hears of it twice knows it again: `host:7:online:3`. */
  readonly id: string;
  /** What it is of: `host`. */
  readonly kind: string;
  /** What happened: `online`. */
  readonly verb: string;
  /** The id of the record that it happened to. */
  readonly subject: string;
  readonly at: Date;
  readonly data: object;
  /** Who caused it, where somebody did. */
  readonly actor?: string;
  readonly requestId?: string;
}

/** The event of a fact. */
export function factEvent(prefix: string, fact: Fact): BusEvent {
  const { id, kind, verb, subject, at, data, actor = '', requestId = '' } = fact;
  const type = `egg.${kind}.${verb}`;
  const payload = serialise({ at, actor, requestId }, { id, source: `egg/${kind}`, type, subject, data });
  return { subject: `${prefix}.${kind}.${verb}`, payload, headers: HEADERS };
}

/** The subject of a counter's steps. */
export function counterSubject(prefix: string, field: string): string {
  return `${prefix}.counter.incremented.${field}`;
}

/** Whether two payloads tell of the same commit, even if they were written by different versions of this file. */
export function tellTheSame(one: Uint8Array, other: Uint8Array): boolean {
  const a = identity(one);
  const b = identity(other);
  return a !== undefined && a === b;
}

/**
 * A number by which an event is known again among those of other histories with the same revision; 0 for what is no event. It is
 * the same for two payloads that tell of the same commit.
 */
export function eventMark(payload: Uint8Array): number {
  const known = identity(payload);
  // Never 0, which is for what has none.
  return known === undefined ? 0 : crc32(known) || 1;
}

function identity(payload: Uint8Array): string | undefined {
  const { id, time, requestid, actor } = attributesOf(payload) ?? {};
  return id === undefined ? undefined : JSON.stringify([id, time, requestid, actor]);
}

/** The event without its data, where that comes last as it does here: it may be large, and is not needed to know an event by. */
function attributesOf(payload: Uint8Array): Record<string, unknown> | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const data = bytes.indexOf(DATA);
  return (
    (data === -1 ? undefined : parse(`${bytes.toString('utf8', 0, data)}}`)) ?? parse(bytes.toString('utf8'))
  );
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

interface Attributes {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: object;
}

function serialise(
  { at, actor, requestId }: Pick<Commit, 'at' | 'actor' | 'requestId'>,
  { data, ...attributes }: Attributes,
): Uint8Array {
  const event = {
    specversion: '1.0',
    ...attributes,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    // An attribute of a CloudEvent is never an empty string.
    ...(actor !== '' && { actor }),
    ...(requestId !== '' && { requestid: requestId }),
    data: { ...data, actor, requestid: requestId },
  };
  return encoder.encode(JSON.stringify(event));
}
