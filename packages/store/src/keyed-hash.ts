// The hash of the tables in memory: 32 bits over bytes taken from the last to the first, so that one pass over a name gives the
// hash of each of its suffixes. Every byte enters as a random number of this process, so that nobody outside can choose keys that
// collide (tabulation hashing, Zobrist 1970, here with a multiplication between two steps for the order).

import { randomBytes } from 'node:crypto';

const NUMBERS = new Int32Array(new Uint8Array(randomBytes(256 * 4)).buffer);

/** The hash of no bytes, to be given to `hashByte`. */
export const HASH_START = 0x2545f491;

/** Takes one more byte, in front of those that are in. */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ (NUMBERS[byte] as number), 0x01000193);
}

/** Mixes what was taken so that each bit depends on all (the last steps of MurmurHash3): the hash that tables are asked with. */
export function hashEnd(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The hash of `bytes` in `[start, end)`. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let at = end - 1; at >= start; at--) hash = hashByte(hash, bytes[at] as number);
  return hashEnd(hash);
}
