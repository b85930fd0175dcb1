// A proxy before the real gateway that does to single requests what networks do: cuts an answer in the middle, loses one that the server
// has given, or changes one.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

interface Seen {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Of the request. */
  readonly body: string;
}

export interface Fault {
  /** The connection breaks after so many bytes of the answer's body; 0 loses the answer whole. */
  readonly cutAfter?: number;
  /** Given in place of the server's answer, which is never asked for. */
  readonly answer?: {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body: string;
  };
  /** What becomes of the answer's body. */
  readonly change?: (body: string) => string;
}

export interface Proxy {
  readonly url: string;
  /** All requests so far. */
  readonly seen: readonly Seen[];
  /** Says what happens to each request from now on; nothing where it says nothing. */
  faults(choose: (seen: Seen) => Fault | undefined): void;
}

/** Starts it. It is gone when the file's tests are over. */
export async function startProxy(target: string): Promise<Proxy> {
  const seen: Seen[] = [];
  let choose: (one: Seen) => Fault | undefined = () => undefined;
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { url = '/', method = 'GET', headers } = incoming;
    const body = await bytesOf(incoming);
    const one: Seen = { url, headers, body: body.toString() };
    seen.push(one);
    const { answer, cutAfter, change } = choose(one) ?? {};
    if (answer) {
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
      return;
    }
    const to = new URL(url, target);
    const forwarded = request(to, { method, headers: { ...headers, host: to.host } });
    forwarded.end(body);
    const [reply] = (await once(forwarded, 'response')) as [IncomingMessage];
    if (change) {
      const text = change((await bytesOf(reply)).toString());
      const {
        'content-encoding': _,
        'content-length': __,
        'transfer-encoding': ___,
        ...others
      } = reply.headers;
      outgoing.writeHead(reply.statusCode ?? 500, others).end(text);
    } else if (cutAfter === undefined) {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(outgoing);
    } else {
      await cut(reply, outgoing, cutAfter);
    }
  };
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, seen, faults: (chosen) => void (choose = chosen) };
}

async function cut(reply: IncomingMessage, outgoing: ServerResponse, after: number): Promise<void> {
  if (after > 0) outgoing.writeHead(reply.statusCode ?? 500, reply.headers);
  let left = after;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (part.length > 0) await new Promise((resolve) => outgoing.write(part, resolve));
    if (left === 0) break;
  }
  // A turn later, so that what was written goes out before the reset.
  setImmediate(() => outgoing.socket?.destroy());
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
