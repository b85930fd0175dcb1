// When which host is due: a binary heap over typed arrays with one entry a host, so that a fleet needs one timer.

const NONE = -1;

/** Hosts are numbers from 0 up to a size. */
export class DueHeap {
  readonly #dueMs: Float64Array;
  readonly #heap: Int32Array;
  /** Where in the heap a host is. */
  readonly #places: Int32Array;
  #size = 0;

  constructor(hosts: number) {
    this.#dueMs = new Float64Array(hosts);
    this.#heap = new Int32Array(hosts);
    this.#places = new Int32Array(hosts).fill(NONE);
  }

  get size(): number {
    return this.#size;
  }

  /** When the first one is due; Infinity where there is none. */
  get nextMs(): number {
    return this.#size === 0 ? Infinity : this.#dueAt(0);
  }

  /** When a host is due; Infinity where it is not. */
  dueOf(host: number): number {
    return this.#places[host] === NONE ? Infinity : (this.#dueMs[host] ?? Infinity);
  }

  /** Makes a host due then, and not any more when it was before. */
  set(host: number, dueMs: number): void {
    this.#dueMs[host] = dueMs;
    let place = this.#places[host] ?? NONE;
    if (place === NONE) {
      place = this.#size++;
      this.#put(place, host);
    }
    this.#sink(this.#rise(place));
  }

  /** Takes the host that is due first, if it is due by then. */
  take(nowMs: number): number | undefined {
    if (this.nextMs > nowMs) return undefined;
    const first = this.#at(0);
    const last = this.#at(--this.#size);
    this.#places[first] = NONE;
    if (first !== last) {
      this.#put(0, last);
      this.#sink(0);
    }
    return first;
  }

  #at(place: number): number {
    return this.#heap[place] ?? NONE;
  }

  #dueAt(place: number): number {
    return this.#dueMs[this.#at(place)] ?? Infinity;
  }

  #put(place: number, host: number): void {
    this.#heap[place] = host;
    this.#places[host] = place;
  }

  #swap(one: number, other: number): void {
    const host = this.#at(one);
    this.#put(one, this.#at(other));
    this.#put(other, host);
  }

  #rise(from: number): number {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#dueAt(parent) <= this.#dueAt(place)) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #sink(from: number): void {
    for (let place = from; ;) {
      const left = 2 * place + 1;
      if (left >= this.#size) return;
      const child = left + 1 < this.#size && this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(place) <= this.#dueAt(child)) return;
      this.#swap(place, child);
      place = child;
    }
  }
}
