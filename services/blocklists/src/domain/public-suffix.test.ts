// A public suffix is what the list names, no more.

import { expect, test } from 'vitest';
import { isPublicSuffix } from './public-suffix.ts';

test.each([
  'com',
  'co.uk',
  'in-addr.arpa',
  'xn--p1ai',
  'xn--55qx5d.cn',
  'github.io',
  's3.amazonaws.com',
  // The rules `*.ck` and `*.kawasaki.jp`, and what they stand below.
  'anything.ck',
  'ck',
  'a.kawasaki.jp',
  'kawasaki.jp',
])('%s is one', (domain) => {
  expect(isPublicSuffix(domain)).toBe(true);
});

test.each([
  'example.com',
  'example.co.uk',
  'someone.github.io',
  '_tcp.com',
  // The exceptions `!www.ck` and `!city.kawasaki.jp`.
  'www.ck',
  'city.kawasaki.jp',
  'a.b.kawasaki.jp',
  // Names that no rule but the default one covers.
  'localhost',
  'internal',
  'printer.internal',
  'constructor',
])('%s is none', (domain) => {
  expect(isPublicSuffix(domain)).toBe(false);
});
