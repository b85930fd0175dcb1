// Lines come out as they went in, wherever the pieces end.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter, type NumberedLine } from './split.ts';

function split(bytes: Buffer, sizes: readonly number[], longest: number): NumberedLine[] {
  const splitter = new LineSplitter(longest);
  const lines: NumberedLine[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    if (at < bytes.length) lines.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  lines.push(...splitter.end());
  expect(splitter.lines).toBe(lines.length);
  return lines;
}

test('however the text is cut', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é', '🥚', ' ', '#'), maxLength: 12 });
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 });
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      sizes,
      (lines, end, isEnded, cuts) => {
        const text = lines.join(end) + (isEnded && lines.length > 0 ? end : '');
        const expected = text === '' ? [] : text.split(end);
        if (expected.at(-1) === '') expected.pop();
        expect(split(Buffer.from(text), cuts, 1024)).toEqual(
          expected.map((one, index) => ({ line: index + 1, text: one })),
        );
      },
    ),
  );
});

test('a byte order mark is no part of the first line', () => {
  expect(split(Buffer.from('\u{feff}a\n\u{feff}b'), [1, 1], 1024)).toEqual([
    { line: 1, text: 'a' },
    { line: 2, text: '\u{feff}b' },
  ]);
});

test('a line that is too long is told and not held, and the next is read', () => {
  const text = Buffer.from(`a\n${'x'.repeat(5000)}\nb`);
  const expected = [
    { line: 1, text: 'a' },
    { line: 2, reason: 'is longer than 1 KiB' },
    { line: 3, text: 'b' },
  ];
  expect(split(text, [], 1024)).toEqual(expected);
  expect(
    split(
      text,
      Array.from({ length: 600 }, () => 10),
      1024,
    ),
  ).toEqual(expected);
  expect(split(Buffer.from('x'.repeat(2000)), [700, 700], 1024)).toEqual([
    { line: 1, reason: 'is longer than 1 KiB' },
  ]);
});

test('a line that is not UTF-8 is told by its number', () => {
  const bytes = Buffer.concat([Buffer.from('a\nb'), Buffer.from([0xff, 0x0a]), Buffer.from('c\n')]);
  expect(split(bytes, [3], 1024)).toEqual([
    { line: 1, text: 'a' },
    { line: 2, reason: 'is not UTF-8' },
    { line: 3, text: 'c' },
  ]);
});
