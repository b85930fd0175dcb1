// Writes what was added in one turn of the event loop as one message, and holds the rest back while the other side does not
// read. Both ends of a frame stream have one.

export interface BatchWriterOptions<Item> {
  encode(items: readonly Item[]): Buffer;
  /** Puts a message on the stream; `done` is called when it is on its way. Not called for a stream that broke. */
  write(message: Buffer, done: () => void): void;
  /** Told after each message that is on its way. */
  readonly onProgress?: () => void;
}

/** A message takes more items until it has this many bytes: small enough not to hold up the answers behind it. */
const BATCH_BYTES = 256 * 1024;
/** Bytes handed to HTTP/2 but not yet on their way; more only fill memory. */
const WINDOW_BYTES = 1024 * 1024;

export class BatchWriter<Item> {
  readonly #options: BatchWriterOptions<Item>;
  #items: Item[] = [];
  #sizes: number[] = [];
  #queuedBytes = 0;
  #sendingBytes = 0;
  #scheduled = false;
  #closed = false;

  constructor(options: BatchWriterOptions<Item>) {
    this.#options = options;
  }

  /** Bytes that wait because the other side does not read. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** `size` is the item's payload in bytes, roughly. */
  add(item: Item, size: number): void {
    if (this.#closed) return;
    this.#items.push(item);
    this.#sizes.push(size);
    this.#queuedBytes += size;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After all input of this turn was seen; a microtask would come after each socket's own.
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Writes what there is, as far as the other side reads. */
  flush(): void {
    while (!this.#closed && this.#items.length > 0 && this.#sendingBytes < WINDOW_BYTES) {
      const message = this.#options.encode(this.#take());
      this.#sendingBytes += message.length;
      this.#options.write(message, () => {
        this.#sendingBytes -= message.length;
        if (!this.#scheduled) this.flush();
        this.#options.onProgress?.();
      });
    }
  }

  /** Forgets what waits: the stream is gone. */
  close(): void {
    this.#closed = true;
    this.#items = [];
    this.#sizes = [];
    this.#queuedBytes = 0;
  }

  #take(): Item[] {
    let count = 0;
    let bytes = 0;
    for (const size of this.#sizes) {
      if (count > 0 && bytes + size > BATCH_BYTES) break;
      bytes += size;
      count++;
    }
    this.#queuedBytes -= bytes;
    if (count === this.#items.length) {
      const all = this.#items;
      this.#items = [];
      this.#sizes = [];
      return all;
    }
    this.#sizes.splice(0, count);
    return this.#items.splice(0, count);
  }
}
