// A host of lists on this machine, which answers as a test tells it to and counts what it is asked.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListServer {
  /** Without a path. */
  readonly url: string;
  readonly port: number;
  /** How a path is answered from now on. */
  answer(path: string, answer: Answer): void;
  /** A list under a path: text/plain with this content. */
  list(path: string, content: string, headers?: Readonly<Record<string, string>>): void;
  /** How often a path was asked for. */
  count(path: string): number;
}

/** Starts it; it is gone when the file's tests are over. */
export async function startListServer(host = '127.0.0.1'): Promise<ListServer> {
  const answers = new Map<string, Answer>();
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    counts.set(path, (counts.get(path) ?? 0) + 1);
    const answer = answers.get(path);
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    answer: (path, answer) => void answers.set(path, answer),
    list: (path, content, headers = {}) =>
      void answers.set(path, (request, response) => {
        if (headers['etag'] !== undefined && request.headers['if-none-match'] === headers['etag']) {
          response.writeHead(304, headers).end();
        } else response.writeHead(200, { 'content-type': 'text/plain', ...headers }).end(content);
      }),
    count: (path) => counts.get(path) ?? 0,
  };
}

/** A plain list of that many names. */
export function names(count: number, from = 0): string {
  return Array.from({ length: count }, (_, index) => `n${from + index}.example.org\n`).join('');
}
