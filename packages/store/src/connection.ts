// The connection to MongoDB. Everything that keeps something goes through it; nothing else imports mongoose.

import { setTimeout as delay } from 'node:timers/promises';
import mongoose from 'mongoose';
import type { Bucket, Collection, Document } from './driver.ts';

export interface Database {
  collection<T extends Document>(name: string): Collection<T>;
  /** Files in GridFS, in pieces of `chunkBytes`, durable when they are answered. */
  bucket(name: string, chunkBytes: number): Bucket;
  /** Throws if the database does not answer. */
  ping(): Promise<void>;
  /** Deletes the database. For tests. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2000;

/**
 * Connects, and goes on trying until it succeeds or `signal` is aborted (which throws the signal's reason).
 * `url` is a MongoDB connection string, `name` the database.
 */
export async function openDatabase(options: {
  url: string;
  name: string;
  log: { warn(details: object, message: string): void };
  signal?: AbortSignal;
}): Promise<Database> {
  const connection = await connect(options);
  const { db } = connection;
  if (!db) throw new Error('the connection has no database');
  return {
    collection: (name) => db.collection(name),
    bucket: (bucketName, chunkSizeBytes) =>
      new mongoose.mongo.GridFSBucket(db, {
        bucketName,
        chunkSizeBytes,
        writeConcern: { w: 'majority', j: true },
      }),
    ping: async () => {
      await db.command({ ping: 1 }, { timeoutMS: 1000 });
    },
    drop: async () => {
      await db.dropDatabase();
    },
    close: () => connection.close(),
  };
}

async function connect(options: Parameters<typeof openDatabase>[0]): Promise<mongoose.Connection> {
  for (let retry = FIRST_RETRY_MS; ; retry = Math.min(retry * 2, LONGEST_RETRY_MS)) {
    options.signal?.throwIfAborted();
    const connection = mongoose.createConnection(options.url, {
      dbName: options.name,
      bufferCommands: false,
      autoIndex: false,
      // The log itself tells what became of a write; a retry inside the driver would only hide an error.
      retryWrites: false,
      ignoreUndefined: true,
      serverSelectionTimeoutMS: 1500,
      connectTimeoutMS: 2000,
      socketTimeoutMS: 10_000,
      // Without it a call waits for ever for a connection that never comes.
      waitQueueTimeoutMS: 2000,
      maxPoolSize: 20,
    });
    try {
      return await connection.asPromise();
    } catch (error) {
      await connection.close().catch(() => undefined);
      options.log.warn({ err: error }, 'the database cannot be reached, trying again');
      await delay(retry, undefined, { ...(options.signal && { signal: options.signal }) });
    }
  }
}
