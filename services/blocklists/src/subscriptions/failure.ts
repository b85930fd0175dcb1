// Why a list could not be fetched, in words that may be shown to whoever reads the subscription.

/** A failure that leaves everything as it was. The message stands alone. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure';
}

const CUT = 'the answer was cut in the middle';

/** By the codes of Node's errors. */
const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host has no address',
  EAI_AGAIN: 'the host cannot be looked up just now',
  ECONNREFUSED: 'the host refused the connection',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the host did not answer the connection in time',
  ECONNRESET: CUT,
  EPIPE: CUT,
  Z_BUF_ERROR: CUT,
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate of the host is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate of the host is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of the host is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate of the host is not trusted',
  CERT_HAS_EXPIRED: 'the certificate of the host has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};

/** Anything that was thrown while a list was fetched, as a failure that says no more than it should. */
export function toFetchFailure(thrown: unknown): FetchFailure {
  if (thrown instanceof FetchFailure) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) return new FetchFailure('the list could not be fetched', { cause: thrown });
  return new FetchFailure(wordsOf(code), { cause: thrown });
}

function wordsOf(code: string): string {
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  // Of zlib, Brotli (whose codes begin with ERR__ERROR) and Zstandard.
  const isOfDecoder = /^(?:Z_|ERR__ERROR_|ZSTD_)/.test(code);
  if (isOfDecoder) return WORDS[code] ?? 'the answer is not compressed as it says';
  return WORDS[code] ?? `the list could not be fetched (${code})`;
}

function codeOf(thrown: unknown): string | undefined {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
