// The table of bytes against a plain Map: exact through growth, splits, deaths and returns, and never moving much at once.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteTable } from '../src/byte-table.ts';
import { hashByte, hashEnd, hashOf, HASH_START } from '../src/keyed-hash.ts';

class Texts {
  readonly table: ByteTable;

  constructor(valueBytes: number) {
    this.table = new ByteTable({ valueBytes });
  }

  get(text: string): number {
    const bytes = Buffer.from(text);
    return this.table.get(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length));
  }

  set(text: string, value: number): void {
    const bytes = Buffer.from(text);
    this.table.set(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length), value);
  }

  search(piece: string): string[] {
    const found: string[] = [];
    this.table.search(Buffer.from(piece), (_bytes, start, at, value) =>
      found.push(`${value} at ${at - start}`),
    );
    return found.sort();
  }
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\u0001', 'é'), maxLength: 4 });

test('a key has the value that it was last given, and 0 takes it away', () => {
  const steps = fc.array(fc.tuple(text, fc.integer({ min: 0, max: 2 ** 48 - 1 })), {
    maxLength: 400,
    size: 'max',
  });
  fc.assert(
    fc.property(steps, (all) => {
      const texts = new Texts(6);
      const model = new Map<string, number>();
      for (const [of, value] of all) {
        texts.set(of, value);
        if (value === 0) model.delete(of);
        else model.set(of, value);
      }
      expect(texts.table.size).toBe(model.size);
      for (const [of] of all) expect(texts.get(of)).toBe(model.get(of) ?? 0);
    }),
  );
});

test('a search tells of every key that holds the piece, and where first', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(text, { maxLength: 60 }),
      fc.array(fc.nat(59)),
      text.filter((piece) => piece !== ''),
      (all, dead, piece) => {
        const texts = new Texts(1);
        all.forEach((of, index) => texts.set(of, index + 1));
        for (const index of dead) texts.set(all[index] ?? '', 0);
        const wanted = all.flatMap((of, index) => {
          const at = Buffer.from(of).indexOf(piece);
          return at === -1 || dead.some((one) => (all[one] ?? '') === of) ? [] : [`${index + 1} at ${at}`];
        });
        expect(texts.search(piece)).toEqual(wanted.sort());
      },
    ),
  );
});

test('a hundred thousand keys of all lengths are all there, through splits, and are all found', () => {
  const texts = new Texts(3);
  const names = Array.from({ length: 100_000 }, (_, i) => `${'x'.repeat(i % 97)}${i}.example`);
  names.forEach((name, index) => texts.set(name, index + 1));
  expect(texts.table.size).toBe(names.length);
  expect(names.every((name, index) => texts.get(name) === index + 1)).toBe(true);
  expect(texts.get('x.example')).toBe(0);
  expect(texts.search('.exam').length).toBe(names.length);
  expect(texts.search('99999.').length).toBe(1);
});

test('long keys, too, leave no shard too small', () => {
  const texts = new Texts(1);
  for (let i = 0; i < 200; i++) texts.set(`${i}${'y'.repeat(60_000)}`, 1);
  expect(texts.table.size).toBe(200);
  for (let i = 0; i < 200; i++) expect(texts.get(`${i}${'y'.repeat(60_000)}`)).toBe(1);
  expect(() => texts.set('z'.repeat(70_000), 1)).toThrow(RangeError);
});

test('one pass from the end gives the hash of every suffix', () => {
  const bytes = Buffer.from('a.b.example.org');
  let hash = HASH_START;
  for (let at = bytes.length - 1; at >= 0; at--) {
    hash = hashByte(hash, bytes[at] as number);
    expect(hashEnd(hash)).toBe(hashOf(bytes, at, bytes.length));
  }
});

test('asking allocates nothing', () => {
  const bytes = Buffer.from('name.example');
  const { table } = new Texts(1);
  table.set(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length), 7);
  const ask = (times: number): number => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += table.get(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length));
    return sum;
  };
  ask(100_000);
  const before = process.memoryUsage().heapUsed;
  ask(1_000_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000);
});
