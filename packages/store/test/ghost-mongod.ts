// As much of a mongod as it takes to be one that was started with --replSet and has no replica set yet ("RSGhost" in the drivers'
// specification of server discovery): it can be asked who it is, and be told to make its set.

import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import mongoose from 'mongoose';
import { onTestFinished } from 'vitest';

const { BSON } = mongoose.mongo;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

export interface Ghost {
  readonly url: string;
  /** What it was told to make, once for each time. */
  readonly initiated: object[];
}

/** Starts one for a test. It refuses the first `refusals` of what it is told, as one that cannot find itself by name yet. */
export async function ghostMongod({ refusals = 0 } = {}): Promise<Ghost> {
  const initiated: object[] = [];
  const sockets = new Set<Socket>();
  let left = refusals;
  const answer = (command: Record<string, unknown>): object => {
    if (command['replSetInitiate']) {
      if (left-- > 0)
        return { ok: 0, code: 74, codeName: 'NodeNotFound', errmsg: 'no host maps to this node' };
      initiated.push(command['replSetInitiate']);
      return { ok: 1 };
    }
    const isPrimary = initiated.length > 0;
    const self = isPrimary
      ? { setName: 'egg', isWritablePrimary: true, ismaster: true }
      : { isWritablePrimary: false, ismaster: false, isreplicaset: true };
    return { ok: 1, minWireVersion: 0, maxWireVersion: 25, maxBsonObjectSize: 2 ** 24, ...self };
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let bytes: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
        const message = bytes.subarray(0, bytes.readInt32LE(0));
        bytes = bytes.subarray(message.length);
        socket.write(reply(message, answer));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}/?directConnection=true`,
    initiated,
  };
}

/** A driver greets with OP_QUERY, and goes on with OP_MSG. */
function reply(message: Buffer, answer: (command: Record<string, unknown>) => object): Buffer {
  const isQuery = message.readInt32LE(12) === OP_QUERY;
  const at = isQuery ? message.indexOf(0, 20) + 9 : 21;
  const document = BSON.serialize(answer(BSON.deserialize(message.subarray(at))));
  const before = Buffer.alloc(isQuery ? 36 : 21);
  before.writeInt32LE(before.length + document.length, 0);
  before.writeInt32LE(message.readInt32LE(4), 8);
  before.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
  if (isQuery) before.writeInt32LE(1, 32);
  return Buffer.concat([before, document]);
}
