// By what a process block knows a binary: `kind:value` for the kinds that are known, other text as it is, `*` for any.

import { refuseUnprintable } from './plain-text.ts';

export type SignatureKind = 'sha256' | 'cert' | 'signer' | 'team' | 'text' | 'any';

export type Signature =
  { readonly ok: true; readonly signature: string } | { readonly ok: false; readonly reason: string };

/** Any signature, and none. */
export const ANY_SIGNATURE = '*';

/** In Unicode characters, as the proto counts them. */
const LONGEST_SIGNATURE = 1024;

const KNOWN = /^(sha256|cert|signer|team):(.*)$/isu;

/**
 * The form in which a signature is kept and compared: the kind in lower case, and the hex of `sha256` and `cert`; the rest as it was
 * written, since a signer's or a team's name is compared to the letter. A `reason` continues a sentence that begins with the field.
 */
export function canonicalSignature(text: string): Signature {
  const shape = refuseShape(text);
  if (shape) return { ok: false, reason: shape };
  const [, spelled, value = ''] = KNOWN.exec(text) ?? [];
  if (spelled === undefined) return { ok: true, signature: text };
  const kind = spelled.toLowerCase();
  if (kind === 'sha256' || kind === 'cert') {
    const reason = refuseHash(value);
    if (reason) return { ok: false, reason: `${reason} after "${kind}:"` };
    return { ok: true, signature: `${kind}:${value.toLowerCase()}` };
  }
  if (value.trim() === '') return { ok: false, reason: `has nothing after "${kind}:"` };
  return { ok: true, signature: `${kind}:${value}` };
}

/** The kind of a canonical signature. */
export function signatureKind(signature: string): SignatureKind {
  if (signature === ANY_SIGNATURE) return 'any';
  const kind = signature.slice(0, Math.max(0, signature.indexOf(':')));
  return kind === 'sha256' || kind === 'cert' || kind === 'signer' || kind === 'team' ? kind : 'text';
}

function refuseShape(text: string): string | undefined {
  if (text === '') return 'is empty';
  const unprintable = refuseUnprintable(text);
  if (unprintable) return unprintable;
  const trimmed = text.trim();
  if (trimmed === '') return 'is only white space';
  // As text it would be kept, and silently match nothing: whoever wrote it meant the kind.
  if (trimmed !== text && (trimmed === ANY_SIGNATURE || KNOWN.test(trimmed))) {
    return 'has white space around it';
  }
  return text.length > LONGEST_SIGNATURE && Array.from(text).length > LONGEST_SIGNATURE
    ? `is longer than ${LONGEST_SIGNATURE} characters`
    : undefined;
}

function refuseHash(value: string): string | undefined {
  if (!/^[0-9a-f]*$/i.test(value)) return 'has characters that are no hex digits';
  return value.length === 64 ? undefined : `has ${value.length} hex digits, not 64,`;
}
