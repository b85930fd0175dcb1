// The unique keys of a table, in memory: which record has a key, and in which records' names a piece of text stands. Exact and
// compact: the bytes of all keys in one arena, open addressing over a seeded hash in typed arrays, some 55 bytes a key of 30.

import { randomBytes } from 'node:crypto';

const EMPTY = -1;
const FIRST_CAPACITY = 1024;
/** Keys of more bytes are not kept; a table's rules keep names shorter by far. */
const LONGEST_KEY = 64 * 1024;

/** Between the fields of a key. The name that `search` looks in is the first of them. */
export const KEY_SEPARATOR = '\u0000';

/** A map from unique key to id that can also be searched by a piece of the first field. */
export class KeyIndex {
  /** Entries in order of their offset in the arena; id 0 is a dead one. */
  #ids = new Float64Array(FIRST_CAPACITY);
  #offsets = new Uint32Array(FIRST_CAPACITY + 1);
  #hashes = new Uint32Array(FIRST_CAPACITY);
  /** Hash slots that hold an entry's index. Dead entries keep their slot until the next rebuild. */
  #slots = new Int32Array(FIRST_CAPACITY * 2).fill(EMPTY);
  #arena = Buffer.alloc(FIRST_CAPACITY * 32);
  #entries = 0;
  #live = 0;
  readonly #seed = randomBytes(4).readUInt32LE();
  readonly #scratch = Buffer.alloc(LONGEST_KEY);

  /** How many keys there are. */
  get size(): number {
    return this.#live;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    const arrays = [this.#ids, this.#offsets, this.#hashes, this.#slots, this.#arena];
    return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The id that has the key; undefined if none. */
  get(key: string): number | undefined {
    const entry = this.#find(this.#encode(key));
    return entry === EMPTY ? undefined : this.#ids[entry];
  }

  /** Gives the key to `id`, also when another had it. */
  set(key: string, id: number): void {
    const length = this.#encode(key);
    const there = this.#find(length);
    if (there !== EMPTY) {
      this.#ids[there] = id;
      return;
    }
    this.#reserve(length);
    const entry = this.#entries++;
    const offset = this.#offsets[entry] as number;
    this.#scratch.copy(this.#arena, offset, 0, length);
    this.#offsets[entry + 1] = offset + length;
    this.#ids[entry] = id;
    this.#hashes[entry] = this.#hash(length);
    this.#live++;
    this.#place(entry);
  }

  /** Takes the key from `id`; nothing happens where another has it by now. */
  delete(key: string, id: number): void {
    const entry = this.#find(this.#encode(key));
    if (entry === EMPTY || this.#ids[entry] !== id) return;
    this.#ids[entry] = 0;
    this.#live--;
  }

  /** The ids whose key's first field holds `piece`, rising. Costs one pass over the bytes of all keys. */
  search(piece: string): number[] {
    const bytes = Buffer.from(piece);
    const ids: number[] = [];
    const end = this.#offsets[this.#entries] as number;
    const arena = this.#arena.subarray(0, end);
    let at = arena.indexOf(bytes);
    while (at !== -1) {
      const entry = this.#entryAt(at);
      const next = this.#offsets[entry + 1] as number;
      const separator = arena.indexOf(0, this.#offsets[entry]);
      const nameEnd = separator === -1 || separator > next ? next : separator;
      const id = this.#ids[entry] as number;
      if (id !== 0 && at + bytes.length <= nameEnd) ids.push(id);
      at = arena.indexOf(bytes, next);
    }
    return ids.sort((a, b) => a - b);
  }

  /** Into the scratch buffer; the length in bytes. Throws RangeError for a key too long to keep. */
  #encode(key: string): number {
    if (key.length * 3 > LONGEST_KEY && Buffer.byteLength(key) > LONGEST_KEY)
      throw new RangeError('the key is too long');
    return this.#scratch.write(key);
  }

  /** The live entry whose bytes are those in the scratch buffer. */
  #find(length: number): number {
    const hash = this.#hash(length);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === EMPTY) return EMPTY;
      if (this.#hashes[entry] === hash && this.#ids[entry] !== 0 && this.#same(entry, length)) return entry;
    }
  }

  #same(entry: number, length: number): boolean {
    const start = this.#offsets[entry] as number;
    const end = this.#offsets[entry + 1] as number;
    return end - start === length && this.#arena.compare(this.#scratch, 0, length, start, end) === 0;
  }

  /** FNV-1a with a seed and a last mix, so that nobody outside can choose names that collide. */
  #hash(length: number): number {
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (this.#scratch[i] as number), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] as number) & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = entry;
  }

  /** The entry whose bytes hold this offset: the last one that starts at or before it and is not empty. */
  #entryAt(offset: number): number {
    let low = 0;
    let high = this.#entries - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#offsets[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Makes room for one more key. Where the dead are many they go, else what is too small doubles. */
  #reserve(length: number): void {
    for (;;) {
      const needed = (this.#offsets[this.#entries] as number) + length;
      const [fullOfEntries, fullOfBytes] = [this.#entries >= this.#ids.length, needed > this.#arena.length];
      if (!fullOfEntries && !fullOfBytes) return;
      const dead = this.#live < this.#entries / 2;
      const capacity = this.#ids.length * (fullOfEntries && !dead ? 2 : 1);
      this.#rebuild(capacity, fullOfBytes && !dead ? needed * 2 : this.#arena.length);
    }
  }

  #rebuild(capacity: number, bytes: number): void {
    const [ids, offsets, hashes, arena, entries] = [
      this.#ids,
      this.#offsets,
      this.#hashes,
      this.#arena,
      this.#entries,
    ];
    this.#ids = new Float64Array(capacity);
    this.#offsets = new Uint32Array(capacity + 1);
    this.#hashes = new Uint32Array(capacity);
    this.#slots = new Int32Array(capacity * 2).fill(EMPTY);
    this.#arena = Buffer.alloc(bytes);
    this.#entries = 0;
    for (let old = 0; old < entries; old++) {
      if (ids[old] === 0) continue;
      const entry = this.#entries++;
      const offset = this.#offsets[entry] as number;
      const start = offsets[old] as number;
      arena.copy(this.#arena, offset, start, offsets[old + 1]);
      this.#offsets[entry + 1] = offset + (offsets[old + 1] as number) - start;
      this.#ids[entry] = ids[old] as number;
      this.#hashes[entry] = hashes[old] as number;
      this.#place(entry);
    }
  }
}
