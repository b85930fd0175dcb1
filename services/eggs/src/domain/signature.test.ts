import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { refusePublicKey, refuseSignature, verifies, verifiesBytes } from './signature.ts';

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

/** RFC 8032, 7.1: TEST 1, 2, 3 and SHA(abc). Secret key, public key, message, signature. */
const VECTORS = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
] as const;

const SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

function newKey(): { publicKey: string; signed: (message: Buffer) => string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(x, 'base64url').toString('base64'),
    signed: (message) => sign(null, message, privateKey).toString('base64'),
  };
}

describe('a signature', () => {
  test.each(VECTORS)('of RFC 8032 verifies: secret key %s', (secret, key, message, signature) => {
    expect(refusePublicKey(base64(key))).toBeUndefined();
    expect(refuseSignature(base64(signature))).toBeUndefined();
    expect(verifiesBytes(base64(key), Buffer.from(message, 'hex'), base64(signature))).toBe(true);
    expect(verifiesBytes(base64(key), Buffer.from(`${message}00`, 'hex'), base64(signature))).toBe(false);

    const pkcs8 = Buffer.from(`302e020100300506032b657004220420${secret}`, 'hex');
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    const made = sign(null, Buffer.from(SHA256, 'hex'), privateKey).toString('base64');
    expect(verifies(base64(key), SHA256, made)).toBe(true);
  });

  test('is of the 32 bytes of the hash, by the one key, and of that hash alone', () => {
    const [mine, other] = [newKey(), newKey()];
    const signature = mine.signed(Buffer.from(SHA256, 'hex'));
    expect(verifies(mine.publicKey, SHA256, signature)).toBe(true);
    expect(verifies(mine.publicKey, SHA256.toUpperCase(), signature)).toBe(true);
    expect(verifies(other.publicKey, SHA256, signature)).toBe(false);
    expect(verifies(mine.publicKey, SHA256.replace('b', 'c'), signature)).toBe(false);
    expect(verifies(mine.publicKey, SHA256, mine.signed(Buffer.from(SHA256)))).toBe(false);
    expect(verifies(mine.publicKey, SHA256.slice(2), signature)).toBe(false);
  });

  test('has one spelling: no bit of it can be another, nor can it be longer or shorter', () => {
    const { publicKey, signed } = newKey();
    const signature = signed(Buffer.from(SHA256, 'hex'));
    const bytes = Buffer.from(signature, 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifies(publicKey, SHA256, changed.toString('base64'))).toBe(false);
    }
    const unpadded = signature.replace(/=+$/, '');
    for (const wrong of ['', unpadded, `${signature}\n`, ` ${signature}`, bytes.toString('hex'), 'AAAA']) {
      expect(verifies(publicKey, SHA256, wrong), wrong).toBe(false);
      expect(refuseSignature(wrong), wrong).toBeTypeOf('string');
    }
  });

  test('whose scalar has the order of the group added to it is another spelling, and refused', () => {
    const { publicKey, signed } = newKey();
    const bytes = Buffer.from(signed(Buffer.from(SHA256, 'hex')), 'base64');
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const scalar = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
    const larger = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse();
    expect(
      verifies(publicKey, SHA256, Buffer.concat([bytes.subarray(0, 32), larger]).toString('base64')),
    ).toBe(false);
  });
});

describe('a public key', () => {
  test('is any that a key pair has', () => {
    for (let round = 0; round < 20; round++) expect(refusePublicKey(newKey().publicKey)).toBeUndefined();
  });

  /** The points whose order divides 8, as in libsodium's list. */
  test.each([
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ])('is no point of small order: %s', (hex) => {
    expect(refusePublicKey(base64(hex))).toContain('small order');
  });

  test.each([
    ['0200000000000000000000000000000000000000000000000000000000000000', 'is no point of the curve'],
    ['0100000000000000000000000000000000000000000000000000000000000080', 'is no point of the curve'],
    ['edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'one spelling'],
    ['ff'.repeat(32), 'one spelling'],
    ['00'.repeat(31), 'has 31 bytes, not 32'],
    ['00'.repeat(33), 'has 33 bytes, not 32'],
    ['', 'has 0 bytes'],
  ])('is a point, in its one spelling: not %s', (hex, reason) => {
    expect(refusePublicKey(base64(hex))).toContain(reason);
  });

  test('is in base64 with padding, without a bit too many', () => {
    const { publicKey } = newKey();
    const loose = publicKey.replace(/.=$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}=`);
    for (const wrong of [publicKey.slice(0, -1), `${publicKey} `, publicKey.replaceAll(/./g, '-'), loose]) {
      expect(refusePublicKey(wrong), wrong).toContain('base64');
    }
  });
});
