// The lookup against the plainest way to decide, through any row of commits.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DomainBlock } from '@egg/contract/types/blocklists';
import type { Commit } from '@egg/store';
import { decideDomain } from '../domain/precedence.ts';
import { DomainLookup } from './domain-lookup.ts';

const label = fc.constantFrom('a', 'b', 'c');
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const moment = fc.integer({ min: 1, max: 6 });
const entry = fc.record({
  domain: name,
  match: fc.constantFrom('subdomains' as const, 'exact' as const, 'wildcard' as const),
  action: fc.constantFrom('block' as const, 'allow' as const),
  enabled: fc.boolean(),
  expires_at: fc.option(moment, { nil: undefined }),
});
const act = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.option(entry, { nil: undefined, freq: 4 }));
const commit = fc.array(act, { minLength: 1, maxLength: 3 });
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;
type Entry = Pick<DomainBlock, 'id' | 'domain' | 'match' | 'action' | 'enabled' | 'expires_at'>;
type Change = Commit<DomainBlock>['changes'][number];

/** A table in small: ids rise, and what has the same domain, match and action is there once. */
class Model {
  readonly entries = new Map<number, Entry>();
  #lastId = 0;

  /** Adds, changes and deletes records. Answers with what changed, each record once, as a commit has it. */
  commit(acts: readonly Act[]): Change[] {
    const before = new Map(this.entries);
    for (const [id, wanted] of acts) this.#act(id, wanted);
    return [...new Set([...before.keys(), ...this.entries.keys()])].flatMap((id) => {
      const [was, is] = [before.get(id), this.entries.get(id)] as (DomainBlock | undefined)[];
      return was === is ? [] : [{ id, ...(was && { before: was }), ...(is && { after: is }) }];
    });
  }

  #act(id: number, wanted: Act[1]): void {
    if (!wanted) {
      this.entries.delete(id);
      return;
    }
    const there = this.entries.has(id) ? id : undefined;
    const key = keyOf(wanted);
    if ([...this.entries.values()].some((one) => one.id !== there && keyOf(one) === key)) return;
    const { expires_at, ...fields } = wanted;
    const after: Entry = {
      id: there ?? ++this.#lastId,
      ...fields,
      ...(expires_at !== undefined && { expires_at: new Date(expires_at) }),
    };
    this.entries.set(after.id, after);
  }
}

function keyOf({ domain, match, action }: Pick<Entry, 'domain' | 'match' | 'action'>): string {
  return `${domain} ${match} ${action}`;
}

function decided(model: Model, of: string, now: number) {
  const { by, allowedBy } = decideDomain(of, model.entries.values(), new Date(now));
  const found = by ?? allowedBy;
  return found && { domain: found.domain, match: found.match, action: found.action };
}

test('it decides as the plainest way does, after every commit and at every moment', () => {
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 25, size: 'max' }), fc.array(name), (commits, names) => {
      const model = new Model();
      const lookup = new DomainLookup();
      for (const acts of commits) {
        lookup.apply({ changes: model.commit(acts) });
        for (const of of names) {
          for (const now of [0, 3, 7]) expect(lookup.decide(of, now)).toEqual(decided(model, of, now));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('filled from records of any age in between, it is right when the log is applied again', () => {
  fc.assert(
    fc.property(
      fc.array(commit, { minLength: 1, maxLength: 15 }),
      fc.infiniteStream(fc.nat()),
      fc.array(name, { minLength: 5 }),
      (commits, ages, names) => {
        const model = new Model();
        const states: Map<number, Entry>[] = [new Map()];
        const log = commits.map((acts) => {
          const changes = model.commit(acts);
          states.push(new Map(model.entries));
          return changes;
        });
        const mark = (ages.next().value as number) % states.length;
        const lookup = new DomainLookup();
        // Each record is read at a moment of its own, from the mark on.
        for (const id of states[mark]?.keys() ?? []) {
          const later = (ages.next().value as number) % (states.length - mark);
          const found = states[mark + later]?.get(id);
          if (found) lookup.load(found);
        }
        for (const changes of log.slice(mark)) lookup.apply({ changes });
        for (const of of names) {
          for (const now of [0, 3, 7]) expect(lookup.decide(of, now)).toEqual(decided(model, of, now));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a name below a hundred labels is found, and one that is too long is not looked for', () => {
  const lookup = new DomainLookup();
  lookup.load({ domain: 'org', match: 'wildcard', action: 'block', enabled: true });
  expect(lookup.decide(`${'a.'.repeat(120)}org`, 0)?.domain).toBe('org');
  expect(lookup.decide(`${'a.'.repeat(130)}org`, 0)).toBeUndefined();
  expect(lookup.decide('borg', 0)).toBeUndefined();
});

test('entries that come and go leave nothing behind', () => {
  const lookup = new DomainLookup();
  for (let i = 0; i < 50_000; i++) {
    const before = { domain: `n${i}.org`, match: 'exact', action: 'block', enabled: true } as DomainBlock;
    lookup.load({ ...before, expires_at: new Date(i + 1) });
    lookup.apply({ changes: [{ id: i, before }] });
  }
  expect(lookup.size).toBe(0);
  expect(lookup.bytes).toBeLessThan(1024 * 1024);
});
