// What the tests of files do: upload in every way that there is, break off in the middle, and look at what is kept.

import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll } from 'vitest';
import { openDatabase } from '@egg/store';
import { type Envelope, quiet, type Stack } from '@egg/testing';

export interface FileRecord {
  readonly id: number;
  readonly revision: number;
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  readonly updated_at: string;
}

export interface Uploaded {
  readonly httpStatus: number;
  readonly body: Envelope<FileRecord>;
}

export const BOUNDARY = 'x'.repeat(20);
export const NOTHING = { contents: 0, files: 0, chunks: 0, uploads: 0 };

/** One part of a form; a file where it has a filename. */
export interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly headers?: string;
  readonly value: string | Buffer;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A form as a client sends it. */
export function form(...parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, filename, headers = '', value }) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
        `${filename === undefined ? '' : `; filename="${filename}"`}\r\n${headers}\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** The calls of one stack. */
export async function filesStage({ http, mongo }: Stack) {
  const database = await openDatabase({ url: mongo.url, name: mongo.database, log: quiet });
  afterAll(() => database.close());
  const { hostname, port } = new URL(http.url);
  const count = (name: string): Promise<number> => database.collection(name).countDocuments();

  const send = async (
    path: string,
    body: Buffer | AsyncIterable<Uint8Array>,
    headers: Record<string, string> = {},
  ): Promise<Uploaded> => {
    const sent = Buffer.isBuffer(body)
      ? { body: new Uint8Array(body) }
      : { body: body as never, duplex: 'half' as const };
    const answer = await fetch(`${http.url}${path}`, { method: 'POST', headers, ...sent });
    return { httpStatus: answer.status, body: (await answer.json()) as Envelope<FileRecord> };
  };

  return {
    database,
    send,
    sendForm: (body: Buffer, query = '', headers: Record<string, string> = {}) =>
      send(`/file/add${query}`, body, {
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
        ...headers,
      }),
    /** A file with this content, raw. */
    async add(bytes: Buffer, name = 'a.bin'): Promise<FileRecord> {
      const { body } = await send(`/file/add?name=${encodeURIComponent(name)}`, bytes);
      if (body.status !== 0) throw new Error(JSON.stringify(body));
      return body.data;
    },
    /** A download, whole: what is not asked for in JSON is not read as it. */
    async get(path: string, headers: Record<string, string> = {}, method = 'GET') {
      const answer = await fetch(`${http.url}${path}`, { method, headers });
      return {
        httpStatus: answer.status,
        headers: answer.headers,
        bytes: Buffer.from(await answer.arrayBuffer()),
      };
    },
    /** Begins an upload of which only so much ever comes, and answers with how to break it off. */
    begin(head: string, part: Buffer): Promise<() => void> {
      const socket = connect(Number(port), hostname);
      return new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.write(head.replaceAll('\n', '\r\n'));
        socket.write(part, () => resolve(() => void socket.destroy()));
      });
    },
    /** What is kept of content, in documents. */
    kept: async () => ({
      contents: await count('contents'),
      files: await count('content.files'),
      chunks: await count('content.chunks'),
      uploads: await count('content_uploads'),
    }),
    /** Who uses a content. */
    async usersOf(sha256: string): Promise<readonly string[]> {
      const found = await database
        .collection<{ _id: string; by: string[] }>('contents')
        .findOne({ _id: sha256 });
      return found?.by ?? [];
    },
  };
}

export { randomBytes };
