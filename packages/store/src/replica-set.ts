// Makes one MongoDB a replica set of itself, because majority reads and change streams are to be had on no other.

import { setTimeout as delay } from 'node:timers/promises';
import mongoose from 'mongoose';

export interface ReplicaSetOptions {
  /** Where to reach the server, with `directConnection=true`: a set that is not made yet cannot be found by its name. */
  readonly url: string;
  /** The name that the server was started with. */
  readonly name: string;
  /** host:port of the only member. Has to be the server's own name as the server itself sees it, and should never change. */
  readonly member: string;
  readonly signal: AbortSignal;
}

const RETRY_MS = 250;

/**
 * Resolves when the server can be written to; makes the replica set where there is none, and changes nothing where there is. Goes on
 * trying until `signal` is aborted, then throws an Error with what stood in the way last.
 */
export async function initiateReplicaSet(options: ReplicaSetOptions): Promise<void> {
  for (;;) {
    try {
      if (await isWritable(options)) return;
    } catch (error) {
      if (options.signal.aborted) throw new Error('the replica set cannot be made', { cause: error });
    }
    if (options.signal.aborted) throw new Error('the replica set has no primary');
    await delay(RETRY_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

/** One look, and the one step that follows from it. */
async function isWritable({ url, name, member }: ReplicaSetOptions): Promise<boolean> {
  const connection = mongoose.createConnection(url, {
    autoCreate: false,
    serverSelectionTimeoutMS: 1500,
    connectTimeoutMS: 1500,
    socketTimeoutMS: 5000,
  });
  try {
    const admin = (await connection.asPromise()).getClient().db('admin');
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary'] === true) return true;
    // A member of a set that is not made yet says so by this, and nothing else does.
    if (hello['isreplicaset'] === true) {
      await admin.command({ replSetInitiate: { _id: name, members: [{ _id: 0, host: member }] } });
    }
    return false;
  } finally {
    await connection.close();
  }
}
