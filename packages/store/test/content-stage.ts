// A table of files with its content, over a database of its own, and what a test wants to see of both.

import { createHash, randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import { loadContract } from '@egg/contract';
import type { AddFileRequest, File, UpdateFileRequest } from '@egg/contract/types/eggs';
import { quiet, testDatabase } from '@egg/testing';
import { Content } from '../src/content/content.ts';
import { declareTable } from '../src/declaration.ts';
import { newClaim } from '../src/references.ts';

const contract = loadContract();

/** So short that a test can wait for what is over; and so long that a busy machine takes nothing for it that is under way. */
const SHORT = { beatMs: 20, deadMs: 150, claimMs: 300 };
const LONG = { beatMs: 1000, deadMs: 60_000, claimMs: 120_000 };

/** Opens one. `replica` opens the same again, as another process does. */
export async function contentStage() {
  const database = await testDatabase();
  const replica = async ({ isPatient = false } = {}) => {
    const declared = declareTable<File, AddFileRequest, UpdateFileRequest>(contract, 'files');
    const { table } = await declared.open({ database, log: quiet });
    const content = await Content.open({
      database,
      owner: table,
      log: quiet,
      everyMs: 3_600_000,
      ...(isPatient ? LONG : SHORT),
    });
    afterAll(async () => {
      await content.close();
      await table.close();
    });
    const origin = { actor: 'a', from: '::1', requestId: 'r' };
    const commit = async ({ sha256, size }: { sha256: string; size: number }) => {
      const fields = { name: 'a', sha256, size };
      const decide = (view: { add(fields: object): unknown }) => {
        view.add(fields);
        return { verb: 'added' };
      };
      return (await table.submit({ origin, deadline: Date.now() + 10_000, decide })).commit;
    };
    const add = (bytes: Uint8Array) => content.store(inPieces(bytes), () => {}, commit);
    const remove = async (id: number): Promise<void> => {
      await table.submit({
        origin,
        deadline: Date.now() + 10_000,
        ids: [id],
        decide: (view) => {
          view.remove(view.existing(id));
          return { verb: 'deleted' };
        },
      });
    };
    return { table, content, commit, add, remove };
  };
  const one = await replica();
  const count = (name: string): Promise<number> => database.collection(name).countDocuments();
  return {
    ...one,
    replica,
    database,
    claim: () => newClaim('files'),
    /** What is kept of content, in documents. */
    kept: async () => ({
      contents: await count('contents'),
      files: await count('content.files'),
      chunks: await count('content.chunks'),
      uploads: await count('content_uploads'),
    }),
  };
}

export const NOTHING = { contents: 0, files: 0, chunks: 0, uploads: 0 };

export async function* inPieces(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(piece);
  return Buffer.concat(read);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export { randomBytes };
