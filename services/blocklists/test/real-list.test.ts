// A real list of more than a hundred thousand names, in and out and back again, at each point as the test's own model has it.

import { createRequire } from 'node:module';
import { domainToASCII } from 'node:url';
import { expect, test } from 'vitest';
import { testDatabase } from '@egg/testing';
import { Domains, rulesOf } from './lists-stage.ts';

const database = await testDatabase();

/** The list has a few names that are not in the form in which they are kept. */
const names = (createRequire(import.meta.url)('disposable-domains') as string[]).map(domainToASCII);

/** A mixture as it is published: hosts lines, names, rules, exceptions. */
function toList(from: readonly string[]): { text: string; rules: string[] } {
  const rules = new Set<string>();
  const lines = from.map((name, index) => {
    if (index % 50 === 0) {
      rules.add(`allow subdomains ok.${name}`);
      return `@@||ok.${name}^`;
    }
    const kind = index % 3;
    rules.add(`block ${kind === 2 ? 'subdomains' : 'exact'} ${name}`);
    return kind === 0 ? name : kind === 1 ? `0.0.0.0 ${name}` : `||${name}^`;
  });
  return { text: `! a list\n${lines.join('\n')}\n`, rules: [...rules].sort() };
}

test('a real list goes in, comes out, is replaced by a shorter one, and comes back', async () => {
  expect(names.length).toBeGreaterThan(100_000);
  const domains = await Domains.open(database);
  const [whole, part] = [toList(names), toList(names.slice(0, Math.floor(names.length * 0.8)))];

  const first = await domains.import(whole.text, { source: 'real', force: true });
  expect(first).toMatchObject({ added: whole.rules.length, removed: 0, refused: 0 });
  const rows = await domains.list();
  expect(rulesOf(rows)).toEqual(whole.rules);

  const text = await domains.export({ format: 'jsonl' });
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toEqual(rows.map((row) => JSON.parse(JSON.stringify(row)) as object));
  const again = await domains.import(text, { source: 'real', force: true });
  expect(again).toMatchObject({ added: 0, existing: whole.rules.length, counter: first.counter, refused: 0 });

  const replaced = await domains.import(part.text, { source: 'real', mode: 'replace', force: true });
  expect(replaced).toMatchObject({ added: 0, existing: part.rules.length });
  expect(replaced.removed).toBe(whole.rules.length - part.rules.length);
  expect(rulesOf(await domains.list())).toEqual(part.rules);
  expect(rulesOf(await domains.list(first.counter)), 'the list as it was').toEqual(whole.rules);

  const delta = await domains.table.changes(first.counter, replaced.counter);
  const gone: string[] = [];
  const kept = new Set(part.rules);
  for await (const { added = [], removed = [] } of delta.chunks)
    gone.push(...(delta.snapshot ? rulesOf(added) : rulesOf(removed)));
  expect(gone.sort()).toEqual(delta.snapshot ? part.rules : whole.rules.filter((one) => !kept.has(one)));

  const reverted = await domains.revert(first.counter);
  expect(reverted).toMatchObject({ added: replaced.removed, removed: 0, changed: 0 });
  const bare = (all: typeof rows) => all.map((row) => ({ ...row, revision: 0, updated_at: 0 }));
  expect(bare(await domains.list())).toEqual(bare(rows));
  expect(await domains.revert(reverted.revision), 'the head makes no commit').toMatchObject({
    revision: reverted.revision,
  });
}, 600_000);
