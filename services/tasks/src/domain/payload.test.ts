import { expect, test } from 'vitest';
import { refusePayload } from './payload.ts';

const nested = (depth: number): object =>
  depth === 1 ? {} : { in: depth % 2 ? [nested(depth - 1)] : nested(depth - 1) };

test('a payload is as large and as deep as every part of the way can bear', () => {
  expect(refusePayload({ text: 'x'.repeat(64 * 1024 - 11) })).toBeUndefined();
  expect(refusePayload({ text: 'x'.repeat(64 * 1024 - 10) })).toMatch(/64 KiB/);
  let deep: object = {};
  for (let depth = 1; depth < 32; depth++) deep = { deep };
  expect(refusePayload(deep)).toBeUndefined();
  expect(refusePayload({ deep })).toMatch(/32 objects/);
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  expect(refusePayload({ deep })).toMatch(/32 objects/);
  expect(refusePayload(nested(8))).toBeUndefined();
});

test('a payload that could not be kept as it is is refused', () => {
  expect(refusePayload({ list: [{ 'a\0b': 1 }] })).toMatch(/NUL/);
  expect(refusePayload({ text: '\0' })).toBeUndefined();
  expect(refusePayload({ list: [1, JSON.parse('-1e400')] })).toMatch(/too large/);
  expect(refusePayload({ largest: Number.MAX_VALUE })).toBeUndefined();
});

test('a payload with what the database would read as its own is refused', () => {
  expect(refusePayload({ list: [{ _bsontype: 1 }] })).toMatch(/_bsontype/);
  expect(refusePayload({ $set: { 'a.b': 1 }, '': null })).toBeUndefined();
});
