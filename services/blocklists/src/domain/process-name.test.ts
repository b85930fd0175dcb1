// A process keeps the name that it was given and is compared without case.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseName, isPath, processKey, processName } from './process-name.ts';

test.each([
  '*',
  'curl',
  'Program Files',
  ' odd ',
  '/usr/bin/Curl',
  'C:\\Windows\\cmd.exe',
  '進程.exe',
  '.',
  'ab'.repeat(2048),
  '🥚'.repeat(4096),
])('%j is kept as it is', (process) => {
  expect(processName(process)).toEqual({ ok: true, process });
});

test.each([
  ['', 'is empty'],
  [' \u00a0', 'is only white space'],
  ['cu\nrl', 'has a control character: U+000A'],
  ['curl\0', 'has a control character: U+0000'],
  ['cu\u0085rl', 'has a control character: U+0085'],
  ['\ud83e', 'has half of a surrogate pair'],
  ['/usr/bin/', 'ends in a separator, as a directory does and no process'],
  ['C:\\', 'ends in a separator, as a directory does and no process'],
  ['a'.repeat(4097), 'is longer than 4096 characters'],
])('%j %s', (text, reason) => {
  expect(processName(text)).toEqual({ ok: false, reason });
});

describe('the key', () => {
  test.each([
    ['Curl.EXE', 'curl.exe'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδοσ', 'οδος'],
    ['Caf\u00e9', 'CAFE\u0301'],
    ['\u212a', 'k'],
  ])('of %s is that of %s', (one, other) => {
    expect(processKey(one)).toBe(processKey(other));
  });

  test.each([
    ['/usr/bin/curl', 'curl'],
    ['C:\\a', 'C:/a'],
    ['ı', 'i'],
  ])('of %s is not that of %s', (one, other) => {
    expect(processKey(one)).not.toBe(processKey(other));
  });

  test('of a key is itself, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => processKey(processKey(text)) === processKey(text)),
      { numRuns: 1000 },
    );
    // Every character that has a case or a decomposition lies below.
    for (let point = 0; point <= 0x2ffff; point++) {
      const key = processKey(String.fromCodePoint(point));
      if (processKey(key) !== key) expect.fail(`U+${point.toString(16)} has an unstable key`);
    }
  });

  test('keeps what is a path and what its base name is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (folder, name) => {
        const path = `${folder}/${name}`;
        expect(isPath(processKey(path))).toBe(true);
        expect(baseName(processKey(path))).toBe(processKey(baseName(path)));
      }),
    );
  });
});

test.each([
  ['/usr/bin/curl', 'curl'],
  ['C:\\Windows\\cmd.exe', 'cmd.exe'],
  ['C:\\mixed/cmd.exe', 'cmd.exe'],
  ['curl', 'curl'],
  ['/', ''],
])('the base name of %s is "%s"', (process, base) => {
  expect(baseName(process)).toBe(base);
});
