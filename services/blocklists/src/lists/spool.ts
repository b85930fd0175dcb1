// A temporary file for the part of a list that comes second, so that memory does not grow with the list. It has no name from the
// start, so nothing is left of it whatever becomes of the process.

import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BUFFER_BYTES = 256 * 1024;
const READ_LINES = 1000;

export class Spool<Item> {
  readonly #revive: (value: unknown) => Item;
  #file: Promise<FileHandle> | undefined;
  #pending: string[] = [];
  #pendingBytes = 0;
  #written: Promise<unknown> = Promise.resolve();
  #size = 0;

  /** `revive` makes an item of what its JSON parses to. */
  constructor(revive: (value: unknown) => Item) {
    this.#revive = revive;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an item. Awaited now and then, so that what is not written yet stays small. */
  async push(item: Item): Promise<void> {
    const line = JSON.stringify(item);
    this.#size++;
    this.#pending.push(line);
    this.#pendingBytes += line.length;
    if (this.#pendingBytes >= BUFFER_BYTES) await this.#flush();
  }

  /** All items in order, in batches. What is added later is not among them. */
  async *batches(): AsyncGenerator<Item[]> {
    await this.#flush();
    if (!this.#file) return;
    const file = await this.#file;
    let batch: Item[] = [];
    // By position, because the file is also written to.
    const input = file.createReadStream({ start: 0, autoClose: false, encoding: 'utf8' });
    let rest = '';
    for await (const text of input as AsyncIterable<string>) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        batch.push(this.#revive(JSON.parse(line)));
        if (batch.length < READ_LINES) continue;
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }

  async close(): Promise<void> {
    await this.#written.catch(() => undefined);
    await (await this.#file?.catch(() => undefined))?.close();
  }

  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return this.#written as Promise<void>;
    const text = `${this.#pending.join('\n')}\n`;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#file ??= openNameless();
    const file = await this.#file;
    this.#written = this.#written.then(() => file.appendFile(text));
    await this.#written;
  }
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'egg-list-'));
  try {
    return await open(join(folder, 'spool'), 'ax+', 0o600);
  } finally {
    // The open file lives on without its name. Where a system does not allow that, it goes with the folder of temporary files.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
