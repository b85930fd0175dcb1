// A list goes in as a stream, and what is told of it is what happened.

import { expect, test } from 'vitest';
import { testDatabase } from '@egg/testing';
import { Domains, rulesOf } from './lists-stage.ts';

const database = await testDatabase();

const MIXED = `\u{feff}# a list of many kinds
[Adblock Plus 2.0]
! Title: mixed
127.0.0.1 localhost
0.0.0.0 Ads.Example tracker.example # two
*.wild.example
||below.example^
@@||good.below.example^
address=/dns.example/0.0.0.0
plain.example # why
||shop.example^$third-party
shop.example##.banner
/ads[0-9]+/
co.uk
||co.uk^
{"domain":"json.example","match":"exact","comment":"from a record","enabled":false}
plain.example
`.replaceAll('\n', '\r\n');

test('every line of a list of many kinds is taken for what it is, or refused with its number', async () => {
  const domains = await Domains.open(database);
  const result = await domains.import(MIXED, { source: 'mixed' });
  expect(result).toEqual({
    added: 9,
    existing: 1,
    removed: 0,
    refused: 4,
    errors: [
      { line: 11, reason: 'has modifiers' },
      { line: 12, reason: 'is a cosmetic rule' },
      { line: 13, reason: 'is a regular expression' },
      { line: 15, reason: expect.stringContaining('is a public suffix; say force=true') as string },
    ],
    counter: domains.table.revision,
  });
  const rows = await domains.list();
  expect(rulesOf(rows)).toEqual([
    'allow subdomains good.below.example',
    'block exact ads.example',
    'block exact co.uk',
    'block exact json.example',
    'block exact plain.example',
    'block exact tracker.example',
    'block subdomains below.example',
    'block subdomains dns.example',
    'block wildcard wild.example',
  ]);
  expect(rows.every(({ sources }) => sources.join() === 'mixed')).toBe(true);
  expect(rows.find(({ domain }) => domain === 'json.example')).toMatchObject({
    comment: 'from a record',
    enabled: false,
  });
  expect(domains.commits.map(({ verb }) => verb)).toEqual(['imported', 'imported']);

  const again = await domains.import(MIXED, { source: 'mixed' });
  expect(again).toMatchObject({ added: 0, existing: 10, counter: result.counter });
  expect(await domains.import(MIXED, { source: 'other' })).toMatchObject({ added: 9, existing: 1 });
  expect((await domains.list())[0]?.sources).toEqual(['mixed', 'other']);
});

test('a dry run counts the same and writes nothing', async () => {
  const domains = await Domains.open(database);
  await domains.add({ domain: 'old.example', source: 'mixed' });
  await domains.add({ domain: 'plain.example', match: 'exact', source: 'other' });
  const dry = await domains.import(MIXED, { source: 'mixed', mode: 'replace', dry_run: true });
  expect(domains.commits).toHaveLength(2);
  const real = await domains.import(MIXED, { source: 'mixed', mode: 'replace' });
  expect(real).toMatchObject({ added: 9, existing: 1, removed: 1 });
  expect({ ...dry, counter: 0 }).toEqual({ ...real, counter: 0 });
});

test('replace makes the entries of a source equal to the list, and leaves those of others', async () => {
  const domains = await Domains.open(database);
  await domains.add({ domain: 'mine.example' });
  await domains.import('a.example\nb.example\n@@||c.example^\nd.example\n', { source: 'list' });
  await domains.add({ domain: 'b.example', match: 'exact' });
  const result = await domains.import('d.example\n@@||e.example^\n', { source: 'list', mode: 'replace' });
  expect(result).toMatchObject({ added: 1, existing: 1, removed: 3 });
  const rows = await domains.list();
  expect(rows.map(({ domain, sources }) => [domain, sources])).toEqual([
    ['mine.example', ['manual']],
    ['b.example', ['manual']],
    ['d.example', ['list']],
    ['e.example', ['list']],
  ]);
  await expect(
    domains.import('<html>\n<p>no list</p>', { source: 'list', mode: 'replace' }),
  ).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  await expect(domains.import('x.example', { mode: 'replace' })).rejects.toMatchObject({
    violations: [{ field: 'source' }],
  });
  expect(await domains.list()).toEqual(rows);
});

test('records that replace their own source say all of the entry', async () => {
  const domains = await Domains.open(database);
  await domains.add({ domain: 'a.example', source: 'list' });
  await domains.add({ domain: 'b.example', source: 'list' });
  await domains.add({ domain: 'b.example', source: 'other' });
  const list = ['a', 'b'].map((name) =>
    JSON.stringify({ domain: `${name}.example`, comment: 'new', enabled: false }),
  );
  await domains.import(list.join('\n'), { source: 'list', mode: 'replace', format: 'jsonl' });
  expect((await domains.list()).map(({ comment, enabled }) => [comment, enabled])).toEqual([
    ['new', false],
    ['', true],
  ]);
});

test('records keep their ids in an empty table, also when the list is sent again after it broke off', async () => {
  const old = await Domains.open(database);
  for (let n = 1; n <= 30; n++)
    await old.add({ domain: `n${n}.example`, action: n % 7 ? 'block' : 'allow', comment: `no. ${n}` });
  await old.import('n3.example\nn4.example', { source: 'x' });
  const text = await old.export({ format: 'jsonl' });
  const plain = (rows: { id: number }[]) => rows.map((row) => ({ ...row, revision: 0 }));
  const wanted = plain(await old.list());

  const fresh = await Domains.open(database);
  async function* broken() {
    yield Buffer.from(text.slice(0, text.length / 2));
    throw new Error('the line broke');
  }
  await expect(fresh.import(broken(), { format: 'jsonl', restore: true })).rejects.toThrow('the line broke');
  const result = await fresh.import(text, { format: 'jsonl', restore: true });
  expect(result.added + result.existing).toBe(wanted.length);
  expect(plain(await fresh.list())).toEqual(wanted);
  expect((await fresh.add({ domain: 'next.example' })).id).toBe((wanted.at(-1)?.id ?? 0) + 1);
  await expect(fresh.import(text, { format: 'jsonl', restore: true })).rejects.toMatchObject({
    code: 'FAILED_PRECONDITION',
  });
});

test('an import that its caller leaves stops after the commits under way, and sent again ends the same', async () => {
  const domains = await Domains.open(database);
  const names = Array.from({ length: 30_000 }, (_, n) => `n${n}.example`);
  const controller = new AbortController();
  async function* pieces() {
    for (let at = 0; at < names.length; at += 500) {
      if (domains.commits.length >= 3) controller.abort(new Error('gone'));
      yield Buffer.from(`${names.slice(at, at + 500).join('\n')}\n`);
    }
  }
  await expect(domains.import(pieces(), { source: 'list' }, controller.signal)).rejects.toThrow('gone');
  const { revision, count } = domains.table;
  expect(count).toBeLessThan(names.length);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(domains.table.revision, 'nothing goes on behind it').toBe(revision);
  const again = await domains.import(names.join('\n'), { source: 'list' });
  expect(again).toMatchObject({ added: names.length - count, existing: count });
  expect(rulesOf(await domains.list())).toEqual(names.map((name) => `block exact ${name}`).sort());
});
