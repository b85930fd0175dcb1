// One keep-alive connection that posts JSON, one request at a time. The machine is shared with what is measured, so it does only
// what HTTP/1.1 needs: a general client would cost several times the CPU.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** A connection to 127.0.0.1. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer | undefined;
  #waiting: PromiseWithResolvers<string> | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')));
  }

  /** Connects. Rejects where nobody listens. */
  static async open(port: number): Promise<HttpConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new HttpConnection(socket, `127.0.0.1:${port}`);
  }

  /** Posts ASCII JSON, with header lines that each end in CRLF, and gives the body of the answer. Rejects for a status other than 200. */
  post(path: string, json: string, headers = ''): Promise<string> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n${headers}\r\n${json}`,
      'latin1',
    );
    return this.#waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    this.#received = bytes;
    const end = bytes.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const head = bytes.toString('latin1', 0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const start = end + END_OF_HEAD.length;
    if (length === undefined || bytes.length < start + Number(length)) return;
    this.#received = undefined;
    const body = bytes.toString('utf8', start);
    if (head.startsWith('HTTP/1.1 200 ')) this.#waiting?.resolve(body);
    else this.#waiting?.reject(new Error(`${head.slice(0, head.indexOf('\r\n'))}: ${body}`));
  }
}
