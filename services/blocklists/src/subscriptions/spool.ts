// A list on its way: in a file without a name, so that it can be looked at whole before any of it counts, and read more than once.
// Nothing is left of it when this process dies.

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READ_BYTES = 64 * 1024;

export class Spool {
  readonly #file: FileHandle;
  #bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(): Promise<Spool> {
    const path = join(tmpdir(), `egg-list-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new Spool(file);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let written = 0; written < piece.length;) {
      written += (await this.#file.write(piece, written, piece.length - written, this.#bytes + written))
        .bytesWritten;
    }
    this.#bytes += piece.length;
  }

  /** All that was written, from the beginning. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (let position = 0; position < this.#bytes;) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, position);
      if (bytesRead === 0) throw new Error('the file is shorter than what was written to it');
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
