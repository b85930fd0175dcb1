// The bytes themselves, in GridFS: one of its files for each content, written once and never changed.

import { createHash } from 'node:crypto';
import { RpcError } from '@egg/rpc/errors';
import type { Database } from '../connection.ts';
import type { Binary, Bucket, Collection, ObjectId } from '../driver.ts';
import { asked } from './database-failure.ts';
import { BUCKET, CHUNK_BYTES, DURABLE, MAJORITY } from './documents.ts';

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

/** One of the pieces of which GridFS makes a file: number `n`, as long as the others but for the last. */
interface ChunkDocument {
  _id: ObjectId;
  files_id: ObjectId;
  n: number;
  data: Binary;
}

/** Read at once. */
const WINDOW_CHUNKS = 2;
/** Deleted at once. */
const DELETED_CHUNKS = 64;

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
   * Reads a part of a file, as fast as the consumer takes it: by windows with two ends, which cost the same wherever they are, where a
   * GridFS stream asks for all that follows; and with no cursor open while it waits for a consumer who may be slower than one lives.
   * Throws DatabaseFailure, NOT_FOUND where the file was deleted meanwhile.
   */
  async *read(file: ObjectId, { offset, length }: Range): AsyncGenerator<Uint8Array> {
    if (length === 0) return;
    const end = offset + length;
    for (let n = Math.floor(offset / CHUNK_BYTES); n * CHUNK_BYTES < end; n += WINDOW_CHUNKS) {
      const last = Math.min(n + WINDOW_CHUNKS, Math.ceil(end / CHUNK_BYTES));
      const chunks = await asked(
        this.#chunks
          .find({ files_id: file, n: { $gte: n, $lt: last } })
          .sort({ n: 1 })
          .toArray(),
      );
      if (chunks.length < last - n) throw await this.#missing(file);
      for (const chunk of chunks) {
        const first = chunk.n * CHUNK_BYTES;
        yield chunk.data.buffer.subarray(Math.max(0, offset - first), Math.min(CHUNK_BYTES, end - first));
      }
    }
  }

  /** Deletes a file, also one that is half there: by windows, for a server may hold in memory what it deletes at once. Harmless to repeat. */
  async remove(file: ObjectId): Promise<void> {
    await asked(this.#files.deleteOne({ _id: file }, DURABLE));
    let deleted = 0;
    for (let n = 0; n === 0 || deleted > 0; n += DELETED_CHUNKS) {
      const window = { files_id: file, n: { $gte: n, $lt: n + DELETED_CHUNKS } };
      deleted = (await asked(this.#chunks.deleteMany(window))).deletedCount;
    }
    await asked(this.#chunks.deleteMany({ files_id: file }, DURABLE));
  }

  async #missing(file: ObjectId): Promise<RpcError> {
    const isThere = await asked(this.#files.findOne({ _id: file }, MAJORITY));
    return isThere
      ? new RpcError('DATA_LOSS', 'a piece of the content is not there')
      : new RpcError('NOT_FOUND', 'the content is gone');
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
