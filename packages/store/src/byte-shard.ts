// A part of a ByteTable: some thousand records, and open addressing over them. A slot is the place of its record (20 bits) and a
// tag of the key's hash (12 bits), so that the records of other keys are hardly ever looked at.

import { FIRST_PLACE, Records } from './byte-records.ts';
import { hashOf } from './keyed-hash.ts';

const FIRST_SLOTS = 16;
const FIRST_BYTES = 256;
const MOST_SLOTS = 16_384;
const MOST_BYTES = 1 << 20;
const PLACE = MOST_BYTES - 1;
/** Of four slots at most so many are taken. */
const LOAD = 3;
/** Where more records than this have a piece, looking at each costs less than calling for the next. */
const OFTEN = 256;
/** No value: there is no room. */
export const FULL = -1;

/** Told of a key: the array that it stands in, where in it the key begins and where the piece is first, and its value. */
export type Found = (bytes: Uint8Array, start: number, at: number, value: number) => void;

export class Shard {
  /** How many bits of the hash all keys of this shard have in common. */
  readonly depth: number;
  #records: Records;
  /** 0 is a free one: no record stands at place 0. */
  #slots: Int32Array;

  constructor(width: number, depth: number, slots = FIRST_SLOTS, bytes = FIRST_BYTES) {
    this.depth = depth;
    this.#records = new Records(width, bytes);
    this.#slots = new Int32Array(slots);
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return this.#slots.byteLength + this.#records.bytes.length;
  }

  /** The value of the key; 0 if there is none. */
  get(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const place = this.#find(bytes, start, end, hash);
    return place === 0 ? 0 : this.#records.valueOf(place);
  }

  /** Gives the key a value, 0 for none, and answers with the one before; FULL where the shard has to be split for that. */
  exchange(bytes: Uint8Array, start: number, end: number, hash: number, value: number): number {
    const place = this.#find(bytes, start, end, hash);
    if (place === 0) return value === 0 || this.#add(bytes, start, end, hash, value) ? 0 : FULL;
    const before = this.#records.valueOf(place);
    this.#records.setValue(place, value);
    return before;
  }

  /** The two halves of a shard that is full, by the next bit of the hash. */
  split(): [zero: Shard, one: Shard] {
    const { width, count, end } = this.#records;
    const depth = this.depth + 1;
    const half = (): Shard => new Shard(width, depth, grown((count / 2 / LOAD) * 4), grown(end / 2));
    const halves: [Shard, Shard] = [half(), half()];
    this.#moveTo((hash) => halves[(hash >>> (32 - depth)) & 1] as Shard);
    return halves;
  }

  /** Tells of each key that holds `piece`. */
  search(piece: Uint8Array, found: Found): void {
    const records = this.#records;
    const bytes = records.bytes.subarray(0, records.end);
    let calls = 0;
    for (let place = FIRST_PLACE; place < records.end; place = records.endOf(place)) {
      let at = calls < OFTEN ? bytes.indexOf(piece, records.keyOf(place)) : records.indexIn(place, piece);
      if (calls++ < OFTEN) {
        if (at === -1) return;
        while (records.endOf(place) <= at) place = records.endOf(place);
        // What begins before the key is none of it, but the key may hold the piece all the same.
        if (at < records.keyOf(place)) at = records.indexIn(place, piece);
      }
      const value = records.valueOf(place);
      if (at !== -1 && at + piece.length <= records.endOf(place) && value !== 0)
        found(bytes, records.keyOf(place), at, value);
    }
  }

  /** The place of the record, dead or not, that has the key; 0 if there is none. */
  #find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const tag = tagOf(hash);
    for (let slot = slotOf(hash, slots.length); ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      const taken = slots[slot] as number;
      if (taken === 0) return 0;
      const tagged = ((taken ^ tag) & ~PLACE) === 0;
      if (tagged && this.#records.is(taken & PLACE, bytes, start, end)) return taken & PLACE;
    }
  }

  /** Adds a key that is not there. False if there is no room, even after a growth. */
  #add(bytes: Uint8Array, start: number, end: number, hash: number, value: number): boolean {
    if (!this.#reserve(this.#records.sizeOf(end - start))) return false;
    const place = this.#records.append(bytes, start, end, value);
    const slots = this.#slots;
    let slot = slotOf(hash, slots.length);
    while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
    slots[slot] = tagOf(hash) | place;
    return true;
  }

  /** Makes room for one more record. Where the dead are many they go; else what is too small grows. */
  #reserve(bytes: number): boolean {
    const { count, dead, end } = this.#records;
    const slots = this.#slots.length;
    const isCrowded = (count + 1) * 4 > slots * LOAD;
    if (!isCrowded && end + bytes <= this.#records.bytes.length) return true;
    if (dead * 4 > count) this.#rebuild(slots);
    else if (end + bytes > MOST_BYTES || (isCrowded && slots === MOST_SLOTS)) return false;
    else if (isCrowded) this.#rebuild(Math.min(grown(slots), MOST_SLOTS));
    else this.#records.grow(Math.min(grown(end + bytes), MOST_BYTES));
    return this.#reserve(bytes);
  }

  /** Moves what lives to records and slots of its own. */
  #rebuild(slots: number): void {
    const fresh = new Shard(this.#records.width, this.depth, slots, this.#records.bytes.length);
    this.#moveTo(() => fresh);
    this.#slots = fresh.#slots;
    this.#records = fresh.#records;
  }

  #moveTo(shardOf: (hash: number) => Shard): void {
    const { bytes, end } = this.#records;
    let next: number;
    for (let place = FIRST_PLACE; place < end; place = next) {
      next = this.#records.endOf(place);
      const value = this.#records.valueOf(place);
      if (value === 0) continue;
      const key = this.#records.keyOf(place);
      const hash = hashOf(bytes, key, next);
      shardOf(hash).#add(bytes, key, next, hash, value);
    }
  }
}

/** A little more each time: what is not in use yet is memory too, and a shard is small enough to be moved often. */
function grown(size: number): number {
  return Math.ceil(size * 1.2);
}

/** The slot where the search for a hash begins, from its low 16 bits; any number of slots will do (Lemire 2016). */
function slotOf(hash: number, slots: number): number {
  return Math.imul(hash & 0xffff, slots) >>> 16;
}

/** Of the bits that say least about the slot, in the place that they have in one. */
function tagOf(hash: number): number {
  return (hash << 28) | ((hash & 0xff0000) << 4);
}
