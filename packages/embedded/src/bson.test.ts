import { describe, expect, test } from 'vitest';
import { decodeBson, encodeBson } from './bson.ts';

describe('BSON', () => {
  test('is read as it was written', () => {
    const document = { a: 1, b: -2.5, c: 'ä', d: true, e: { f: 2 ** 40 }, g: [1, 'x'] };
    expect(decodeBson(encodeBson(document))).toEqual({ ...document, g: { 0: 1, 1: 'x' } });
  });

  test('is written as bsonspec.org has it', () => {
    const hello = '160000000268656c6c6f0006000000776f726c640000';
    expect(encodeBson({ hello: 'world' }).toString('hex')).toBe(hello);
  });
});
