// Which ids are due when: a binary heap by time. A time that was changed or taken away stays in the heap and is passed over when it
// comes up; when most are such, the heap is built again from those that hold.

/** So many may be passed over before it is worth building the heap again. */
const FEW = 1024;

export class DueTimes {
  /** What holds, by id. */
  readonly #times = new Map<number, number>();
  /** By time, the first on top; `#ids` stands beside it. */
  #heap: number[] = [];
  #ids: number[] = [];

  /** How many ids have a time. */
  get size(): number {
    return this.#times.size;
  }

  /** Says when an id is due; undefined for never. */
  set(id: number, time: number | undefined): void {
    if (time === this.#times.get(id)) return;
    if (time === undefined) this.#times.delete(id);
    else {
      this.#times.set(id, time);
      this.#push(id, time);
    }
    if (this.#heap.length > this.#times.size * 2 + FEW) this.#rebuild();
  }

  /** When the first is due; undefined if none is. */
  next(): number | undefined {
    this.#dropStale();
    return this.#heap[0];
  }

  /** Ids that are due at a time, the first ones, at most `limit`. They stay until they are set otherwise. */
  until(time: number, limit: number): number[] {
    const due = new Set<number>();
    while (due.size < limit && (this.next() ?? Infinity) <= time) due.add(this.#pop());
    for (const id of due) this.#push(id, this.#times.get(id) as number);
    return [...due];
  }

  #dropStale(): void {
    while (this.#heap.length > 0 && this.#times.get(this.#ids[0] as number) !== this.#heap[0]) this.#pop();
  }

  #rebuild(): void {
    // In order of time a list is a heap.
    const all = [...this.#times].sort(([, a], [, b]) => a - b);
    this.#ids = all.map(([id]) => id);
    this.#heap = all.map(([, time]) => time);
  }

  #push(id: number, time: number): void {
    let at = this.#heap.length;
    this.#put(at, id, time);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if ((this.#heap[parent] as number) <= time) break;
      this.#put(at, this.#ids[parent] as number, this.#heap[parent] as number);
      at = parent;
    }
    this.#put(at, id, time);
  }

  /** Takes the first one off and answers with its id. */
  #pop(): number {
    const first = this.#ids[0] as number;
    const [id, time] = [this.#ids.pop() as number, this.#heap.pop() as number];
    if (this.#heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (
        child + 1 < this.#heap.length &&
        (this.#heap[child + 1] as number) < (this.#heap[child] as number)
      ) {
        child++;
      }
      if (child >= this.#heap.length || (this.#heap[child] as number) >= time) break;
      this.#put(at, this.#ids[child] as number, this.#heap[child] as number);
      at = child;
    }
    this.#put(at, id, time);
    return first;
  }

  #put(at: number, id: number, time: number): void {
    this.#ids[at] = id;
    this.#heap[at] = time;
  }
}
