// A stream as this package sees it: how it is made, how far it goes, what is in it.

import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Link } from './bus.ts';

export interface StreamSpec {
  readonly name: string;
  readonly subjects: readonly string[];
  /** How long an event is kept, in milliseconds. Default: 30 days. */
  readonly maxAgeMs?: number;
  /** How much is kept, in bytes; the oldest goes first. Default: 1 GiB. */
  readonly maxBytes?: number;
  /** Copies in a cluster of servers. Default: 1. */
  readonly replicas?: number;
  /** How long a message that has an id is known again, in milliseconds. Default: the server's. */
  readonly duplicateWindowMs?: number;
}

export interface StreamState {
  /** Changes when a stream is deleted and made again. */
  readonly created: string;
  /** The first sequence that is still kept; `last` + 1 where none is. */
  readonly first: number;
  /** The last sequence, 0 if there was never one. Of a stream that starts at F and is still empty it is F - 1. */
  readonly last: number;
}

export const DEFAULT_MAX_AGE_MS = 30 * 24 * 3_600_000;
const DEFAULT_MAX_BYTES = 1024 ** 3;

/** Error codes of the server: server/errors.json in nats-io/nats-server. */
const STREAM_NOT_FOUND = 10059;
const NAME_IN_USE = 10058;
const SUBJECTS_OVERLAP = 10065;
const WRONG_LAST_SEQUENCE: readonly number[] = [10071, 10164];

/** The stream's state; undefined if there is no such stream. */
export async function readStream({ jsm }: Link, name: string): Promise<StreamState | undefined> {
  try {
    return stateOf(await jsm.streams.info(name));
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

/**
 * Makes a stream whose first message gets the sequence `first`, or finds the one that somebody else has just made. Throws when
 * another stream holds one of its subjects already.
 */
export async function makeStream(link: Link, spec: StreamSpec, first: number): Promise<StreamState> {
  try {
    return stateOf(await link.jsm.streams.add(configOf(spec, first)));
  } catch (error) {
    if (codeOf(error) === SUBJECTS_OVERLAP) throw new SubjectsTakenError(spec);
    // Of the same name but with other settings: made by a replica that started at another revision or is set up differently.
    if (codeOf(error) !== NAME_IN_USE) throw error;
    return stateOf(await link.jsm.streams.info(spec.name));
  }
}

/** Deletes a stream, also where there is none. The relay makes it again, from the log. */
export async function deleteStream(link: Link, name: string): Promise<void> {
  try {
    await link.jsm.streams.delete(name);
  } catch (error) {
    if (codeOf(error) !== STREAM_NOT_FOUND) throw error;
  }
}

/** The payload of one message; undefined if it is not kept any more. */
export async function readStored({ jsm }: Link, name: string, seq: number): Promise<Uint8Array | undefined> {
  return (await jsm.streams.getMessage(name, { seq }))?.data;
}

/** Whether a publish was refused because the stream does not end where it was expected to. */
export function isWrongLastSequence(error: unknown): boolean {
  return WRONG_LAST_SEQUENCE.includes(codeOf(error) ?? 0);
}

/** No try will mend this: somebody has to remove the other stream, or choose another prefix. */
export class SubjectsTakenError extends Error {
  override readonly name = 'SubjectsTakenError';

  constructor({ name, subjects }: StreamSpec) {
    super(`the stream ${name} cannot be made: another stream has subjects of ${subjects.join(', ')}`);
  }
}

function codeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

function stateOf({ created, state }: StreamInfo): StreamState {
  const { messages, first_seq: first, last_seq: last } = state;
  return { created, first: messages === 0 ? last + 1 : first, last };
}

function configOf(spec: StreamSpec, first: number): StreamConfigInput {
  return {
    name: spec.name,
    subjects: [...spec.subjects],
    retention: RetentionPolicy.Limits,
    // With `discard: new` a full stream would stand still for ever.
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    max_age: nanos(spec.maxAgeMs ?? DEFAULT_MAX_AGE_MS),
    max_bytes: spec.maxBytes ?? DEFAULT_MAX_BYTES,
    num_replicas: spec.replicas ?? 1,
    allow_direct: true,
    ...(spec.duplicateWindowMs !== undefined && { duplicate_window: nanos(spec.duplicateWindowMs) }),
    ...(first > 1 && { first_seq: first }),
  };
}

type StreamConfigInput = Partial<StreamConfig> & { name: string };
