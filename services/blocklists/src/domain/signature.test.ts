// Signatures of a known kind have one form; other text is kept.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalSignature, signatureKind } from './signature.ts';

const hex = '0123456789abcdef'.repeat(4);

test.each([
  [`sha256:${hex}`, `sha256:${hex}`, 'sha256'],
  [`SHA256:${hex.toUpperCase()}`, `sha256:${hex}`, 'sha256'],
  [`Cert:${hex.toUpperCase()}`, `cert:${hex}`, 'cert'],
  ['SIGNER:Example Corp, Inc.', 'signer:Example Corp, Inc.', 'signer'],
  ['signer:CN=a:b', 'signer:CN=a:b', 'signer'],
  ['Team:EQHXZ8M8AV', 'team:EQHXZ8M8AV', 'team'],
  ['*', '*', 'any'],
  ['Some Text', 'Some Text', 'text'],
  ['other:Thing', 'other:Thing', 'text'],
  ['sha1:AB', 'sha1:AB', 'text'],
  [':', ':', 'text'],
  ['sha256', 'sha256', 'text'],
  [hex.toUpperCase(), hex.toUpperCase(), 'text'],
  [' text ', ' text ', 'text'],
])('%s is kept as %s, a %s', (text, signature, kind) => {
  expect(canonicalSignature(text)).toEqual({ ok: true, signature });
  expect(signatureKind(signature)).toBe(kind);
});

test.each([
  ['', 'is empty'],
  ['  ', 'is only white space'],
  ['a\tb', 'has a control character: U+0009'],
  ['\udc00', 'has half of a surrogate pair'],
  ['sha256:', 'has 0 hex digits, not 64, after "sha256:"'],
  [`sha256:${hex}0`, 'has 65 hex digits, not 64, after "sha256:"'],
  [`CERT:${hex.slice(1)}`, 'has 63 hex digits, not 64, after "cert:"'],
  [`sha256:${hex.slice(1)}g`, 'has characters that are no hex digits after "sha256:"'],
  [`sha256: ${hex}`, 'has characters that are no hex digits after "sha256:"'],
  [` sha256:${hex}`, 'has white space around it'],
  ['signer:Example ', 'has white space around it'],
  [' *', 'has white space around it'],
  ['signer:', 'has nothing after "signer:"'],
  ['team:', 'has nothing after "team:"'],
  ['x'.repeat(1025), 'is longer than 1024 characters'],
])('%j %s', (text, reason) => {
  expect(canonicalSignature(text)).toEqual({ ok: false, reason });
});

test('the form of a form is itself', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom('sha256:', 'CERT:', 'Signer:', 'tEAM:', '*', ''), fc.string())
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const first = canonicalSignature(text);
      if (!first.ok) return first.reason !== '';
      const again = canonicalSignature(first.signature);
      return again.ok && again.signature === first.signature;
    }),
    { numRuns: 1000 },
  );
});
