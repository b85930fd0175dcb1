// A file of the server's, whole and as it was meant, or not there at all: what arrives is kept under another name, from where a download
// that broke off goes on, until its SHA-256 is that of the file.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open as openFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, backOffMs, type Host, open, unlessOutOfRange } from './api.ts';
import { moveTo } from './files.ts';

export type Wanted = { readonly id: number; readonly sha256: string; readonly signal?: AbortSignal };

const TRIES = 8; // Without a byte between them.
const PASSING = ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED'];

/** Whether one of the keys (raw, base64) made the signature: Ed25519 (RFC 8032) over the 32 bytes of the SHA-256. */
export function isSigned(sha256: string, signature: string, publicKeys: readonly string[]): boolean {
  return publicKeys.some((key) => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key, 'base64').toString('base64url') };
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
    return verify(null, Buffer.from(sha256, 'hex'), publicKey, Buffer.from(signature, 'base64'));
  });
}

/** Gets a file to `path`, in several tries where it has to. Throws ApiError, and Error where the content is another one. */
export async function download(host: Host, wanted: Wanted, path: string): Promise<void> {
  const { id, sha256, signal } = wanted;
  const part = `${path}.${sha256.slice(0, 16)}.part`;
  const size = async (): Promise<number> => (await stat(part).catch(() => undefined))?.size ?? 0;
  for (let failures = 0; ;) {
    const had = await size();
    try {
      const found = await fetchRest(host, wanted, part, had);
      if (found === sha256) return await moveTo(path, part);
      await rm(part);
      // What was there may have been damaged; what came in one piece is another file.
      if (had === 0) throw new Error(`the file ${id} has the SHA-256 ${found}, not ${sha256}`);
    } catch (error) {
      const isPassing = error instanceof ApiError ? PASSING.includes(error.code) : error instanceof TypeError;
      failures = (await size()) > had ? 1 : failures + 1;
      if (!isPassing || failures >= TRIES || signal?.aborted) throw error;
      await delay(backOffMs(failures, error), undefined, signal && { signal });
    }
  }
}

/** Appends what is missing. Answers with the SHA-256 of the whole. */
async function fetchRest(host: Host, wanted: Wanted, part: string, had: number): Promise<string> {
  const { id, sha256, signal } = wanted;
  let hash = createHash('sha256');
  if (had > 0) for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer);
  const range = had > 0 && { range: `bytes=${had}-`, 'if-range': `"${sha256}"` };
  const request = { headers: { 'accept-encoding': 'identity', ...range }, ...(signal && { signal }) };
  const response = await open(host, `/file/download?id=${id}`, request).catch(unlessOutOfRange);
  if (!response) return hash.digest('hex');
  if (response.status !== 206) hash = createHash('sha256');
  const file = await openFile(part, response.status === 206 ? 'a' : 'w', 0o600);
  try {
    for await (const chunk of response.body ?? []) {
      hash.update(chunk as Uint8Array);
      await file.appendFile(chunk as Uint8Array);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
