// What a secret looks like: `egg_<key>_<random>`. The key names it, in records too; the random part is what nobody can guess. Only the
// hash of the whole is kept, and a fast hash is enough for 256 random bits.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const KEY_BYTES = 8;
const RANDOM_BYTES = 32;
const SECRET = /^egg_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

export interface Secret {
  /** Names the secret, and may be shown. */
  readonly key: string;
  /** What its holder sends. Shown once and kept nowhere. */
  readonly secret: string;
}

/** A new one. */
export function newSecret(): Secret {
  const key = randomBytes(KEY_BYTES).toString('hex');
  return { key, secret: `egg_${key}_${randomBytes(RANDOM_BYTES).toString('base64url')}` };
}

/** The key that a secret names; undefined for what is no secret of this form. */
export function keyOf(secret: string): string | undefined {
  return SECRET.exec(secret)?.[1];
}

/** The SHA-256 of a text. */
export function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Whether two hashes are the same, in a time that says nothing of them. */
export function sameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
