// Sends one command to a MongoDB on this machine, by a hand-made OP_MSG on a connection of its own.

import { connect } from 'node:net';
import { type BsonDocument, decodeBson, encodeBson } from './bson.ts';

const OP_MSG = 2013;
const HEADER_BYTES = 16;
/** Four bytes of flags and one for the kind of the only section. */
const BODY_AT = HEADER_BYTES + 5;
const TIMEOUT_MS = 5000;

/** Runs a command on the database `admin` and returns the answer, also one with `ok: 0`. Throws when there is none. */
export async function mongoCommand(port: number, command: BsonDocument): Promise<BsonDocument> {
  const body = encodeBson({ ...command, $db: 'admin' });
  const head = Buffer.alloc(BODY_AT);
  head.writeInt32LE(BODY_AT + body.length, 0);
  head.writeInt32LE(1, 4);
  head.writeInt32LE(OP_MSG, 12);
  const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
  try {
    socket.write(Buffer.concat([head, body]));
    let answer: Buffer = Buffer.alloc(0);
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk as Buffer]);
      if (answer.length >= 4 && answer.length >= answer.readInt32LE(0)) {
        return decodeBson(answer.subarray(BODY_AT, answer.readInt32LE(0)));
      }
    }
    throw new Error('the connection was closed before an answer');
  } finally {
    socket.destroy();
  }
}
