// The unique keys of a table, in memory: which record has a key, and in which records' names a piece of text stands. Exact, and
// some 16 bytes a key beside the key itself.

import { ByteTable } from './byte-table.ts';
import { IdSet } from './id-set.ts';
import { hashOf } from './keyed-hash.ts';

/** In bytes, while it is looked up; a table's rules keep names shorter by far. */
const LONGEST_KEY = 64 * 1024;
/** A set gives more than these in order sooner than a sort does. */
const MANY = 50_000;
/** Ids are below 2^48. */
const ID_BYTES = 6;

/** Between the fields of a key. The name that `search` looks in is the first of them. */
export const KEY_SEPARATOR = '\u0000';

/** A map from unique key to id that can also be searched by a piece of the first field. */
export class KeyIndex {
  readonly #ids = new ByteTable({ valueBytes: ID_BYTES });
  readonly #scratch = Buffer.alloc(LONGEST_KEY);

  /** How many keys there are. */
  get size(): number {
    return this.#ids.size;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return this.#ids.bytes + this.#scratch.length;
  }

  /** The id that has the key; undefined if none. */
  get(key: string): number | undefined {
    const length = this.#encode(key);
    return this.#ids.get(this.#scratch, 0, length, hashOf(this.#scratch, 0, length)) || undefined;
  }

  /** Gives the key to `id`, also when another had it. */
  set(key: string, id: number): void {
    const length = this.#encode(key);
    this.#ids.set(this.#scratch, 0, length, hashOf(this.#scratch, 0, length), id);
  }

  /** Takes the key from `id`; nothing happens where another has it by now. */
  delete(key: string, id: number): void {
    const length = this.#encode(key);
    const hash = hashOf(this.#scratch, 0, length);
    if (this.#ids.get(this.#scratch, 0, length, hash) === id)
      this.#ids.set(this.#scratch, 0, length, hash, 0);
  }

  /** The ids whose key's first field holds `piece`, rising. Costs one pass over the bytes of all keys. */
  search(piece: string): number[] {
    const bytes = Buffer.from(piece);
    const ids: number[] = [];
    this.#ids.search(bytes, (key, start, at, id) => {
      let name = start;
      while (name < at && key[name] !== 0) name++;
      if (name === at) ids.push(id);
    });
    return rising(ids);
  }

  /** Into the scratch buffer; the length in bytes. Throws RangeError for a key too long to keep. */
  #encode(key: string): number {
    if (key.length * 3 > LONGEST_KEY && Buffer.byteLength(key) > LONGEST_KEY)
      throw new RangeError('the key is too long');
    return this.#scratch.write(key);
  }
}

function rising(ids: number[]): number[] {
  if (ids.length < MANY) return ids.sort((a, b) => a - b);
  const set = new IdSet();
  for (const id of ids) set.add(id);
  return [...set];
}
