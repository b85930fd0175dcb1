// Reads what a call says besides its request: its request id, idempotency key, the revision it expects, where it came from.

import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { invalidField } from './errors.ts';

type Metadata = Readonly<Record<string, string>>;

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
const REVISION = /^(?:"(\d{1,15})"|(\d{1,15}))$/;

/** The caller's `x-request-id` if it is one, else a new one. */
export function requestIdOf(metadata: Metadata): string {
  const given = metadata['x-request-id'];
  return given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Throws INVALID_ARGUMENT for a key that is not 1 to 255 visible ASCII characters. */
export function idempotencyKeyOf(metadata: Metadata): string | undefined {
  const key = metadata['idempotency-key'];
  if (key === undefined || IDEMPOTENCY_KEY.test(key)) return key;
  throw invalidField('Idempotency-Key', 'has to be 1 to 255 visible ASCII characters');
}

/** The revision, also without the quotes of an entity tag. Throws INVALID_ARGUMENT for anything else. */
export function ifMatchOf(metadata: Metadata): number | undefined {
  const tag = metadata['if-match'];
  if (tag === undefined) return undefined;
  const match = REVISION.exec(tag);
  if (!match) throw invalidField('If-Match', 'has to be a revision, such as "12"');
  return Number(match[1] ?? match[2]);
}

/** The first address of `x-forwarded-for` if `trusted` says that the peer may speak for others, else the peer's own. */
export function originOf(metadata: Metadata, peer: string, trusted: (peer: string) => boolean): string {
  const first = metadata['x-forwarded-for']?.split(',')[0]?.trim();
  return first !== undefined && isIP(first) !== 0 && trusted(peer) ? first : peer;
}

/** Only what runs on this machine. */
export function isLoopback(peer: string): boolean {
  return peer === '::1' || peer.startsWith('127.');
}
