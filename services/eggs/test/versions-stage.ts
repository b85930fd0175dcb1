// What the tests of versions need: files, whose content does not matter here and is not there, and keys that sign them.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll } from 'vitest';
import { loadContract } from '@egg/contract';
import type { File } from '@egg/contract/types/eggs';
import { declareTable, openDatabase } from '@egg/store';
import { quiet, type Stack } from '@egg/testing';

export interface TestFile {
  readonly id: number;
  readonly sha256: string;
}

export interface Signer {
  readonly key: string;
  sign(file: TestFile): string;
}

/** Adds records of files, as one more replica would. */
export async function fileAdder({ mongo }: Stack): Promise<() => Promise<TestFile>> {
  const database = await openDatabase({ url: mongo.url, name: mongo.database, log: quiet });
  const files = declareTable<File, object, { id: number }>(loadContract(), 'files');
  const { table } = await files.open({ database, log: quiet });
  afterAll(async () => {
    await table.close();
    await database.close();
  });
  let count = 0;
  return async () => {
    const sha256 = createHash('sha256').update(`content ${++count}`).digest('hex');
    const { commit } = await table.submit({
      origin: { actor: 'test', from: '', requestId: '' },
      deadline: Date.now() + 10_000,
      decide: (view) => {
        view.add({ name: `file-${count}`, sha256, size: 1 });
        return { verb: 'added' };
      },
    });
    return { id: commit?.changes[0]?.id ?? 0, sha256 };
  };
}

/** A new key pair. */
export function newSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    key: Buffer.from(x, 'base64url').toString('base64'),
    sign: ({ sha256 }) => sign(null, Buffer.from(sha256, 'hex'), privateKey).toString('base64'),
  };
}
