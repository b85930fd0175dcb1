// Lists against each other: what an export says an import takes, twice is once, and nobody is protected less on the way.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testDatabase } from '@egg/testing';
import type { DomainBlock } from '@egg/contract/types/blocklists';
import { domainReader } from '../src/domain/lists/listed.ts';
import { Import } from '../src/lists/import.ts';
import { blockedOf, context, Domains, rulesOf } from './lists-stage.ts';

const database = await testDatabase();

const NAMES = ['a.example', 'b.example', 'x.a.example', 'y.x.a.example', 'z.b.example'];

const rule = fc.record({
  domain: fc.constantFrom(...NAMES),
  match: fc.constantFrom('subdomains' as const, 'exact' as const, 'wildcard' as const),
  action: fc.constantFrom('block' as const, 'block' as const, 'allow' as const),
});
const entry = fc.record({
  rule,
  comment: fc.string({ maxLength: 8 }),
  enabled: fc.constantFrom(true, true, true, false),
  source: fc.constantFrom('one', 'two'),
});
const list = fc.array(entry, { maxLength: 12 });
type Listed = typeof entry extends fc.Arbitrary<infer E> ? E : never;

async function fill(domains: Domains, entries: readonly Listed[]): Promise<void> {
  for (const { rule: named, ...rest } of entries)
    await domains.add({ ...named, ...rest }).catch(() => undefined);
}

test('what a format can say comes back from it, and a second time adds nothing', async () => {
  const format = fc.constantFrom('plain', 'hosts', 'adblock', 'dnsmasq', 'jsonl');
  await fc.assert(
    fc.asyncProperty(list, format, fc.boolean(), async (entries, name, isAuto) => {
      const [from, to] = [await Domains.open(database), await Domains.open(database)];
      await fill(from, entries);
      const rows = await from.list();
      const text = await from.export({ format: name });
      const parameters = { format: isAuto ? 'auto' : name };
      const first = await to.import(text, parameters);
      expect(first.errors).toEqual([]);
      const back = await to.list();
      if (name === 'jsonl') {
        const whole = (all: DomainBlock[]) =>
          all.map(({ domain, match, action, comment, sources, enabled }) =>
            JSON.stringify([domain, match, action, comment, sources, enabled]),
          );
        expect(whole(back).sort()).toEqual(whole(rows).sort());
      } else {
        const leftOut = Number(/(\d+) left out/.exec(text)?.[1] ?? 0);
        expect(back.length + leftOut).toBe(rows.length);
        const wanted = rulesOf(rows);
        for (const one of rulesOf(back)) expect(wanted).toContain(one);
      }
      expect(await to.import(text, parameters)).toMatchObject({
        added: 0,
        removed: 0,
        counter: first.counter,
      });
      await Promise.all([from.table.close(), to.table.close()]);
    }),
    { numRuns: 40, endOnFailure: false },
  );
}, 240_000);

test('at every revision of an import and a revert, what is blocked before and after is blocked', async () => {
  const commitItems = fc.integer({ min: 1, max: 3 });
  await fc.assert(
    fc.asyncProperty(list, list, fc.boolean(), commitItems, async (before, after, isReplace, items) => {
      const domains = await Domains.open(database);
      await fill(domains, before);
      const start = domains.table.revision;
      const was = await domains.list();
      const lines = after.map(({ rule: named, enabled }) => JSON.stringify({ ...named, enabled }));
      const work = new Import<DomainBlock>({
        table: domains.table,
        read: domainReader({ format: 'jsonl', force: false, isRestore: false, now: new Date() }),
        longestLine: 65_536,
        source: 'one',
        isReplace,
        isDry: false,
        isRestore: false,
        origin: { actor: 'tester', from: '', requestId: 'r' },
        deadline: Infinity,
        signal: context().signal,
        commitItems: items,
      });
      await work.run(
        (async function* () {
          for (const line of lines) yield Buffer.from(`${line}\n`);
        })(),
      );
      const end = domains.table.revision;
      const is = await domains.list();
      await protectsBetween(domains, start, end, was, is);
      const listed = new Set(after.map(({ rule: named }) => rulesOf([named]).join()));
      const own = is.filter(({ sources }) => sources.includes('one'));
      if (isReplace) expect(rulesOf(own)).toEqual([...listed].sort());
      else for (const one of listed) expect(rulesOf(own)).toContain(one);
      const others = (rows: DomainBlock[]) =>
        rows.filter(({ sources }) => sources.includes('two')).map(({ id }) => id);
      expect(others(is)).toEqual(others(was));

      await domains.revert(start);
      const kept = (rows: DomainBlock[]) => rows.map((row) => ({ ...row, revision: 0, updated_at: 0 }));
      expect(kept(await domains.list())).toEqual(kept(was));
      await protectsBetween(domains, end, domains.table.revision, is, was);
      await domains.table.close();
    }),
    { numRuns: 40, endOnFailure: false },
  );
}, 240_000);

async function protectsBetween(
  domains: Domains,
  from: number,
  to: number,
  was: readonly DomainBlock[],
  is: readonly DomainBlock[],
): Promise<void> {
  const both = [...blockedOf(was, NAMES)].filter((name) => blockedOf(is, NAMES).has(name));
  const state = new Map(was.map((row) => [row.id, row]));
  for (const { revision, changes } of domains.commits) {
    if (revision <= from || revision > to) continue;
    for (const { id, after } of changes) {
      if (after) state.set(id, after);
      else state.delete(id);
    }
    const now = blockedOf(state.values(), NAMES);
    expect(
      both.filter((name) => !now.has(name)),
      `lost at ${revision}`,
    ).toEqual([]);
  }
}
