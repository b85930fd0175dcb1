// The signatures of releases: Ed25519 (RFC 8032) over the 32 bytes of a file's SHA-256. Keys are the raw 32 bytes and signatures the
// raw 64, both in base64 with padding, in the one spelling that each has.

import { createPublicKey, verify } from 'node:crypto';
import { KEY_BYTES, refuseKey } from './ed25519.ts';

const SIGNATURE_BYTES = 64;
const SHA256 = /^[0-9a-f]{64}$/i;

/** What is wrong with a text as a public key; undefined if nothing is. Continues a sentence that begins with the field. */
export function refusePublicKey(text: string): string | undefined {
  const bytes = bytesOf(text);
  return bytes ? refuseKey(bytes) : 'is no base64 with padding';
}

/** What is wrong with the form of a signature; undefined if nothing is. */
export function refuseSignature(text: string): string | undefined {
  const bytes = bytesOf(text);
  if (!bytes) return 'is no base64 with padding';
  return bytes.length === SIGNATURE_BYTES ? undefined : `has ${bytes.length} bytes, not ${SIGNATURE_BYTES}`;
}

/** Whether a signature is this key's, over the bytes of a SHA-256 in hex. False for what is no key, hash or signature. */
export function verifies(publicKey: string, sha256: string, signature: string): boolean {
  return SHA256.test(sha256) && verifiesBytes(publicKey, Buffer.from(sha256, 'hex'), signature);
}

/** The same over any message. What is no point of the curve verifies nothing, so only the key's form is looked at again. */
export function verifiesBytes(publicKey: string, message: Uint8Array, signature: string): boolean {
  const [point, signed] = [bytesOf(publicKey), bytesOf(signature)];
  if (point?.length !== KEY_BYTES || signed?.length !== SIGNATURE_BYTES) return false;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signed);
}

/** Undefined where the text is not how these bytes are written: Node would pass over what is no base64. */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
