// Entries as the blocklists keep them, from lines; and what is refused, in words that go on from the line.

import { expect, test } from 'vitest';
import { domainReader, processReader, type ReadOptions } from './listed.ts';

const now = new Date('2026-01-31T12:00:00Z');
const options: ReadOptions = { isRestore: false, now };
const HEX = 'AB'.repeat(32);

function reasons(line: string, more: Partial<Parameters<typeof domainReader>[0]> = {}): readonly string[] {
  return domainReader({ ...options, format: 'auto', force: false, ...more })(line).reasons;
}

test('names are kept in canonical form', () => {
  const read = domainReader({ ...options, format: 'auto', force: false });
  expect(read('||BÜCHER.Example.^').entries).toMatchObject([
    { name: { domain: 'xn--bcher-kva.example', match: 'subdomains' }, action: 'block', isWhole: false },
  ]);
});

test.each<[line: string, reason: RegExp, more?: object]>([
  ['||com^', /^domain is a public suffix; say force=true/],
  ['*.co.uk', /^domain is a public suffix/],
  ['||1.2.3.4^', /^domain is an address/],
  ['1.2.3.4', /^domain is an address/],
  ['http://a.example/', /^domain is a URL/],
  ['a..example', /^domain has an empty label/],
  ['a'.repeat(70_000), /^is longer than 64 KiB/],
  ['{"domain":"a.example",', /^is not JSON/],
  ['["a.example"]', /^is not a JSON object/, { format: 'jsonl' }],
  ['a.example', /^is not JSON/, { format: 'jsonl' }],
  ['{"match":"exact"}', /^domain is required/],
  ['{"domain":"a.example","nope":1}', /^has a field nope, which no entry has/],
  ['{"domain":"a.example","__proto__":1}', /^has a field __proto__/],
  ['{"domain":"a.example","match":"suffix"}', /^match must be one of subdomains, exact, wildcard/],
  ['{"domain":"a.example","enabled":"yes"}', /^enabled must be a boolean/],
  ['{"domain":"a.example","sources":[""]}', /^sources has an item that must not be empty/],
  ['{"domain":"a.example","comment":"\\ud800"}', /^comment must be well-formed Unicode/],
  ['{"domain":"a.example","expires_at":"tomorrow"}', /^expires_at must be a time/],
  ['{"domain":"a.example","expires_at":"2026-01-31T11:59:59Z"}', /^expires_at is in the past/],
  ['{"domain":"a.example"}', /^id is required with restore=true/, { isRestore: true }],
  ['{"domain":"a.example","id":10000001}', /^id is larger than/, { isRestore: true }],
])('%s is refused', (line, reason, more) => {
  expect(reasons(line, more)).toEqual([expect.stringMatching(reason)]);
});

test('a public suffix is taken by force, and alone also without', () => {
  expect(reasons('||com^', { force: true })).toEqual([]);
  expect(reasons('com')).toEqual([]);
});

test('a record says all of an entry', () => {
  const record = {
    id: 7,
    revision: 9,
    domain: 'a.example',
    match: 'wildcard',
    action: 'allow',
    comment: 'why',
    sources: ['x', 'y'],
    enabled: false,
    expires_at: '2027-01-01T00:00:00.5+01:00',
    created_at: '2020-01-01T00:00:00Z',
  };
  const whole = {
    name: { domain: 'a.example', match: 'wildcard' },
    action: 'allow',
    comment: 'why',
    sources: ['x', 'y'],
    enabled: false,
    expires_at: new Date('2026-12-31T23:00:00.5Z'),
    isWhole: true,
  };
  const line = JSON.stringify(record);
  const read = (isRestore: boolean) =>
    domainReader({ format: 'jsonl', force: false, now, isRestore })(line).entries;
  expect(read(false)).toEqual([whole]);
  expect(read(true)).toEqual([{ ...whole, kept: { id: 7, created_at: new Date('2020-01-01T00:00:00Z') } }]);
});

test('processes come as records', () => {
  const read = processReader(options);
  expect(
    read(JSON.stringify({ process: 'Evil.exe', signature: `SHA256:${HEX}`, source: 'x' })).entries,
  ).toEqual([
    {
      name: { process: 'Evil.exe', signature: `sha256:${HEX.toLowerCase()}` },
      action: 'block',
      comment: '',
      enabled: true,
      sources: ['x'],
      isWhole: true,
    },
  ]);
  expect(read('{"process":"a/","signature":"*"}').reasons).toEqual([
    expect.stringMatching(/^process ends in a separator/),
  ]);
  expect(read('{"process":"a","signature":"sha256:1"}').reasons).toEqual([
    expect.stringMatching(/^signature has 1 hex/),
  ]);
  expect(read('{"process":"a"}').reasons).toEqual(['signature is required']);
  expect(read(' ')).toEqual({ entries: [], reasons: [] });
});
