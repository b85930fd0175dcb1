// A set of texts that keeps of each a hash of 53 bits: for counts, where one mistake in many millions does no harm. Some 16 to 32
// bytes a text. Open addressing; the hash is FNV-1a in two halves with a last mix (murmur3's).

const FIRST_CAPACITY = 1024;

export class HashSet {
  /** 0 is an empty slot. */
  #slots = new Float64Array(FIRST_CAPACITY);
  #size = 0;

  /** Whether the text was not in yet. */
  add(text: string): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const isNew = place(this.#slots, hashOf(text));
    if (isNew) this.#size++;
    return isNew;
  }

  #grow(): void {
    const slots = new Float64Array(this.#slots.length * 2);
    for (const hash of this.#slots) if (hash !== 0) place(slots, hash);
    this.#slots = slots;
  }
}

function place(slots: Float64Array, hash: number): boolean {
  const mask = slots.length - 1;
  for (let at = (hash % 0x7fffffff) & mask; ; at = (at + 1) & mask) {
    if (slots[at] === hash) return false;
    if (slots[at] !== 0) continue;
    slots[at] = hash;
    return true;
  }
}

function hashOf(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x5bd1e995) ^ (high >>> 13);
  }
  return mixed(low) + (mixed(high) >>> 11) * 2 ** 32 || 1;
}

function mixed(hash: number): number {
  let mix = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}
