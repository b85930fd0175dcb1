// An exact map from keys of bytes to positive integers, compact and with no spikes: extendible hashing (Fagin and others, 1979),
// a directory of shards of some thousand keys by the first bits of a keyed hash. What is full is split in two, so adding a key to
// millions costs at most what moving one shard does: a millisecond or two, and a few microseconds nearly always.

import { LONGEST_KEY } from './byte-records.ts';
import { type Found, FULL, Shard } from './byte-shard.ts';

/** More bits than this would mean that the hashes of thousands of keys are the same. */
const DEEPEST = 24;

export interface ByteTableOptions {
  /** How many bytes a value takes: 1 to 6. */
  readonly valueBytes: number;
}

/** Keys are given as a part of an array with its hash by `keyed-hash.ts`, so that asking allocates nothing. */
export class ByteTable {
  /** By the first bits of the hash. Shards of which fewer bits are told apart stand in several places. */
  #directory: Shard[];
  /** How far a hash is shifted to leave the bits of the directory. */
  #shift = 31;
  #size = 0;

  constructor({ valueBytes }: ByteTableOptions) {
    const shard = new Shard(valueBytes, 0);
    this.#directory = [shard, shard];
  }

  /** How many keys have a value. */
  get size(): number {
    return this.#size;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return [...new Set(this.#directory)].reduce((sum, shard) => sum + shard.bytes, 0);
  }

  /** The value of the key; 0 if it has none. */
  get(bytes: Uint8Array, start: number, end: number, hash: number): number {
    return this.#shardOf(hash).get(bytes, start, end, hash);
  }

  /** Gives the key a value; 0 takes it away. Throws RangeError for a key of more than 64 KiB. */
  set(bytes: Uint8Array, start: number, end: number, hash: number, value: number): void {
    if (end - start > LONGEST_KEY) throw new RangeError('the key is too long');
    let before = this.#shardOf(hash).exchange(bytes, start, end, hash, value);
    while (before === FULL) {
      this.#split(hash);
      before = this.#shardOf(hash).exchange(bytes, start, end, hash, value);
    }
    this.#size += Number(value !== 0) - Number(before !== 0);
  }

  /**
   * Tells of each key that holds `piece`, once: the array that it stands in, where in it the key begins and where the piece is
   * first, and its value. In no order. Costs one pass over the bytes of all keys.
   */
  search(piece: Uint8Array, found: Found): void {
    for (const shard of new Set(this.#directory)) shard.search(piece, found);
  }

  #shardOf(hash: number): Shard {
    return this.#directory[hash >>> this.#shift] as Shard;
  }

  /** Splits the shard that a hash falls in, after the directory has a bit to tell the halves apart. */
  #split(hash: number): void {
    const full = this.#shardOf(hash);
    if (full.depth === DEEPEST) throw new RangeError('too many keys have the same hash');
    if (full.depth === 32 - this.#shift) {
      this.#directory = this.#directory.flatMap((shard) => [shard, shard]);
      this.#shift--;
    }
    const halves = full.split();
    // The places of the full shard stand in a row, and the first bit in which they differ is what tells its halves apart.
    const bit = 32 - this.#shift - halves[0].depth;
    let place = ((hash >>> this.#shift) >>> (bit + 1)) << (bit + 1);
    for (; this.#directory[place] === full; place++)
      this.#directory[place] = halves[(place >>> bit) & 1] as Shard;
  }
}
