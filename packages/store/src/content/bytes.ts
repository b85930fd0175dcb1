// The bytes themselves, in GridFS: one of its files for each content, written once and never changed.

import { createHash } from 'node:crypto';
import type { Database } from '../connection.ts';
import type { Bucket, Collection, ObjectId } from '../driver.ts';
import { asked } from './database-failure.ts';
import { BUCKET, CHUNK_BYTES, DURABLE } from './documents.ts';

/** What a stream of bytes was, when it is over. */
export interface Received {
  /** In hex. */
  readonly sha256: string;
  readonly size: number;
}

/** Bytes of a content: from `offset` on, `length` of them. Both have to lie within it. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

interface ChunkDocument {
  _id: ObjectId;
  files_id: ObjectId;
  n: number;
}

/** Read at once: whole chunks, so that none is read twice. */
const WINDOW_BYTES = 4 * CHUNK_BYTES;

export class Bytes {
  readonly #bucket: Bucket;
  readonly #files: Collection<{ _id: ObjectId }>;
  readonly #chunks: Collection<ChunkDocument>;

  constructor(database: Pick<Database, 'collection' | 'bucket'>) {
    this.#bucket = database.bucket(BUCKET, CHUNK_BYTES);
    this.#files = database.collection(`${BUCKET}.files`);
    this.#chunks = database.collection(`${BUCKET}.chunks`);
  }

  /** Makes the indexes that GridFS goes by, while there is nothing to index. */
  async prepare(): Promise<void> {
    await this.#files.createIndex({ filename: 1, uploadDate: 1 });
    await this.#chunks.createIndex({ files_id: 1, n: 1 }, { unique: true });
  }

  /**
   * Writes a file, as fast as the database takes it; durable when it resolves. Nothing is under way when it throws what `pieces` throws;
   * when it throws DatabaseFailure, a chunk may come later.
   */
  async write(file: ObjectId, pieces: AsyncIterable<Uint8Array>): Promise<Received> {
    const stream = this.#bucket.openUploadStreamWithId(file, file.toHexString());
    // Each call below tells of it.
    stream.on('error', () => {});
    const hash = createHash('sha256');
    let size = 0;
    try {
      for await (const piece of pieces) {
        if (piece.length === 0) continue;
        hash.update(piece);
        size += piece.length;
        await asked(called((done) => stream.write(piece, done)));
      }
      await asked(called((done) => stream.end(done)));
    } catch (thrown) {
      stream.destroy();
      throw thrown;
    }
    return { sha256: hash.digest('hex'), size };
  }

  /**
   * Reads a part of a file, as fast as the consumer takes it. No cursor is open while it waits for the consumer, who may be slower than
   * a cursor lives. Throws DatabaseFailure, also where the file goes meanwhile.
   */
  async *read(file: ObjectId, { offset, length }: Range): AsyncGenerator<Uint8Array> {
    const end = offset + length;
    for (let at = offset; at < end;) {
      const to = Math.min(end, (Math.floor(at / WINDOW_BYTES) + 1) * WINDOW_BYTES);
      const pieces = await asked(this.#window(file, at, to));
      yield* pieces;
      at = to;
    }
  }

  /** Deletes a file, also one that is half there. Harmless to repeat. */
  async remove(file: ObjectId): Promise<void> {
    await asked(this.#files.deleteOne({ _id: file }, DURABLE));
    await asked(this.#chunks.deleteMany({ files_id: file }, DURABLE));
  }

  async #window(file: ObjectId, start: number, end: number): Promise<Uint8Array[]> {
    const stream = this.#bucket.openDownloadStream(file, { start, end });
    return (await stream.toArray()) as Uint8Array[];
  }
}

/** A call with a callback as a promise. */
function called(call: (done: (error?: Error | null) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
