// A key pair that signs files as an operator's release does.

import { generateKeyPairSync, sign } from 'node:crypto';

export interface TestFile {
  readonly id: number;
  readonly sha256: string;
}

export interface Signer {
  /** The public key, as an egg has it. */
  readonly key: string;
  sign(file: TestFile): string;
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
