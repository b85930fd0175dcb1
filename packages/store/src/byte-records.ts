// Records one after the other in one array of bytes: the length of the key (two bytes), its value (`width` bytes, all zero in a
// dead record), and the key. A record is known by its place. No record stands at place 0.

const LENGTH_BYTES = 2;
export const LONGEST_KEY = 0xffff;
export const FIRST_PLACE = 1;

export class Records {
  readonly width: number;
  bytes: Buffer;
  /** Where the next record begins. */
  end = FIRST_PLACE;
  /** How many there are, the dead among them. */
  count = 0;
  dead = 0;

  constructor(width: number, size: number) {
    this.width = width;
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** The bytes that a record takes. */
  sizeOf(keyLength: number): number {
    return LENGTH_BYTES + this.width + keyLength;
  }

  /** Adds a record with the key that stands in `bytes` from `start` to `end`. There has to be room. */
  append(bytes: Uint8Array, start: number, end: number, value: number): number {
    const [place, length] = [this.end, end - start];
    this.bytes[place] = length & 0xff;
    this.bytes[place + 1] = length >>> 8;
    this.#write(place, value);
    const key = this.keyOf(place);
    // For keys of this length quicker than a call of `set`, which would want a view of them.
    const own = this.bytes;
    for (let index = 0; index < length; index++) own[key + index] = bytes[start + index] as number;
    this.end = key + length;
    this.count++;
    return place;
  }

  /** Takes more bytes; what is there stays. */
  grow(size: number): void {
    this.bytes = Buffer.concat([this.bytes.subarray(0, this.end)], size);
  }

  /** Where the key of the record at this place begins. */
  keyOf(place: number): number {
    return place + LENGTH_BYTES + this.width;
  }

  /** Where the record ends and the next one begins. */
  endOf(place: number): number {
    return this.keyOf(place) + this.#lengthOf(place);
  }

  valueOf(place: number): number {
    const { bytes } = this;
    const first = place + LENGTH_BYTES;
    let value = 0;
    for (let at = first + this.width - 1; at >= first; at--) value = value * 256 + (bytes[at] as number);
    return value;
  }

  setValue(place: number, value: number): void {
    this.dead += Number(value === 0) - Number(this.valueOf(place) === 0);
    this.#write(place, value);
  }

  /** Whether the record's key is what stands in `bytes` from `start` to `end`. */
  is(place: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.bytes;
    const length = (own[place] as number) | ((own[place + 1] as number) << 8);
    if (length !== end - start) return false;
    const key = place + LENGTH_BYTES + this.width;
    for (let index = 0; index < length; index++) if (own[key + index] !== bytes[start + index]) return false;
    return true;
  }

  /** Where in the array the record's key has the piece first; -1 if it has not. */
  indexIn(place: number, piece: Uint8Array): number {
    const { bytes } = this;
    const last = this.endOf(place) - piece.length;
    for (let at = this.keyOf(place); at <= last; at++) {
      let same = 0;
      while (same < piece.length && bytes[at + same] === piece[same]) same++;
      if (same === piece.length) return at;
    }
    return -1;
  }

  #lengthOf(place: number): number {
    return (this.bytes[place] as number) | ((this.bytes[place + 1] as number) << 8);
  }

  #write(place: number, value: number): void {
    let rest = value;
    for (let at = place + LENGTH_BYTES; at < this.keyOf(place); at++) {
      this.bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
}
