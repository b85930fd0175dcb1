// Sends one request to a NATS server on this machine, by its text protocol on a connection of its own, because only the bus may
// use a client. See docs.nats.io, "Client Protocol".

import { connect } from 'node:net';

const TIMEOUT_MS = 2000;
const INBOX = '_INBOX.egg';

/** Sends ASCII text to a subject and returns the JSON that is answered. Throws when nothing is. */
export async function natsRequest(port: number, subject: string, text: string): Promise<object> {
  const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS });
  socket.once('timeout', () => socket.destroy(new Error('no answer in time')));
  try {
    socket.write('CONNECT {"verbose":false,"pedantic":false}\r\n');
    socket.write(`SUB ${INBOX} 1\r\nPUB ${subject} ${INBOX} ${text.length}\r\n${text}\r\n`);
    let received = '';
    for await (const chunk of socket) {
      received += String(chunk);
      const answer = /^MSG \S+ 1 \d+\r\n(.*)\r\n/m.exec(received)?.[1];
      if (answer !== undefined) return JSON.parse(answer) as object;
    }
    throw new Error('the connection was closed before an answer');
  } finally {
    socket.destroy();
  }
}
