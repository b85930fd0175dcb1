// Ed25519 public keys (RFC 8032): which 32 bytes are a key. OpenSSL takes any 32 bytes and then verifies nothing with them, so an
// operator would learn of a mistyped key only when a release cannot be published.

/** The field's prime, 2^255 - 19, and the curve's constant d = -121665/121666. */
const P = 2n ** 255n - 19n;
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;

export const KEY_BYTES = 32;

/** What is wrong with the bytes as a public key; undefined if nothing is. Continues a sentence that begins with the field. */
export function refuseKey(bytes: Uint8Array): string | undefined {
  if (bytes.length !== KEY_BYTES) return `has ${bytes.length} bytes, not ${KEY_BYTES}`;
  const number = BigInt(`0x${Buffer.from(Uint8Array.from(bytes).reverse()).toString('hex')}`);
  const y = BigInt.asUintN(255, number);
  const isOdd = number >> 255n === 1n;
  if (y >= P) return 'is no point of the curve in its one spelling';
  if (!isOnCurve(y, isOdd)) return 'is no point of the curve';
  return isSmallOrder(y) ? 'is a point of small order, for which anybody can sign' : undefined;
}

/** RFC 8032, 5.1.3: x² = (y² - 1) / (dy² + 1) has to be a square, and 0 has no odd root. */
function isOnCurve(y: bigint, isOdd: boolean): boolean {
  const square = mod(mod(y * y - 1n) * inverse(D * y * y + 1n));
  if (square === 0n) return !isOdd;
  return power(square, (P - 1n) / 2n) === 1n;
}

/**
 * Whether eight times the point is the neutral element: a point of order 1 or 2 has x = 0, one of order 4 has y = 0, and twice one of
 * order 8 has y = 0, which by the doubling of the curve means x² = -y².
 */
function isSmallOrder(y: bigint): boolean {
  const yy = mod(y * y);
  const xx = mod(mod(yy - 1n) * inverse(D * yy + 1n));
  return xx === 0n || yy === 0n || mod(xx + yy) === 0n;
}

function mod(number: bigint): bigint {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

/** By Fermat. */
function inverse(number: bigint): bigint {
  return power(mod(number), P - 2n);
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}
