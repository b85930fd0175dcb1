// The order against a plain sort of a plain list, through adds, renames, deletes, and a start in the middle of them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EggVersion } from '@egg/contract/types/eggs';
import { compareVersions } from '../domain/semver.ts';
import { type Ordered, type Place, VersionOrder } from './order.ts';

type Change = { readonly id: number; readonly before?: EggVersion; readonly after?: EggVersion };

const TEXTS = [
  '1.0.0',
  '1.0.0+a',
  '1.0.0+b',
  '1.0.0-rc.1',
  '1.9.0',
  '1.10.0',
  '2.0.0',
  '10.0.0-alpha',
  '0.1.0',
];

function record(
  id: number,
  egg_id: number,
  version: string,
  state: EggVersion['state'] = 'draft',
): EggVersion {
  const at = new Date(0);
  return { id, revision: 1, egg_id, version, files: [], notes: '', state, created_at: at, updated_at: at };
}

/** A row of changes as a log has them: ids rise, and a version is once in an egg. */
const wish = fc.record({
  kind: fc.constantFrom('add', 'add', 'rename', 'delete'),
  egg: fc.constantFrom(1, 2),
  text: fc.constantFrom(...TEXTS),
  pick: fc.nat(20),
});
const changes = fc.array(wish, { maxLength: 40 }).map((wishes) => {
  const there = new Map<number, EggVersion>();
  let lastId = 0;
  return wishes.flatMap(({ kind, egg, text, pick }): Change[] => {
    const before = kind === 'add' ? undefined : [...there.values()][pick % Math.max(1, there.size)];
    if (kind !== 'add' && !before) return [];
    if (before && kind === 'delete') {
      there.delete(before.id);
      return [{ id: before.id, before }];
    }
    const egg_id = before?.egg_id ?? egg;
    if ([...there.values()].some((row) => row.egg_id === egg_id && row.version === text)) return [];
    const after = before ? { ...before, version: text } : record(++lastId, egg_id, text);
    there.set(after.id, after);
    return [{ id: after.id, ...(before && { before }), after }];
  });
});

function folded(all: readonly Change[]): EggVersion[] {
  const rows = new Map<number, EggVersion>();
  for (const { id, before, after } of all) {
    if (before) rows.delete(id);
    if (after) rows.set(id, after);
  }
  return [...rows.values()];
}

function expected(rows: readonly EggVersion[], egg: number): string[] {
  return rows
    .filter(({ egg_id }) => egg_id === egg)
    .sort((a, b) => compareVersions(a.version, b.version) || (a.version < b.version ? -1 : 1))
    .map(({ version, id }) => `${version} ${id}`);
}

const shown = (places: readonly Ordered[]): string[] => places.map(({ version, id }) => `${version} ${id}`);
const whole = { descending: false, limit: Infinity };

describe('versions in order', () => {
  test('are those of a sort, whatever came and went, and wherever a start fell in it', () => {
    fc.assert(
      fc.property(changes, fc.nat(40), fc.nat(40), (all, found, mark) => {
        const order = new VersionOrder();
        // A start finds the records as they were somewhere at or behind the mark, and takes the log again from the mark on.
        const [from, to] = [Math.min(found, mark, all.length), Math.min(Math.max(found, mark), all.length)];
        for (const row of folded(all.slice(0, to))) order.load(row);
        for (const change of all.slice(from)) order.apply({ changes: [change] });
        for (const egg of [1, 2]) {
          const sorted = expected(folded(all), egg);
          expect(shown(order.part(egg, whole))).toEqual(sorted);
          expect(shown(order.part(egg, { ...whole, descending: true }))).toEqual(sorted.toReversed());
          expect(order.count(egg)).toBe(sorted.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('that stay are shown once, page by page, while others come and go', () => {
    fc.assert(
      fc.property(
        changes,
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(40),
        (all, descending, limit, pause) => {
          const order = new VersionOrder();
          for (const row of folded(all.slice(0, pause))) order.load(row);
          const rest = all.slice(pause);
          const stays = folded(all)
            .filter((row) => folded(all.slice(0, pause)).includes(row))
            .filter(({ id }) => !rest.some((change) => change.id === id));
          const seen: Ordered[] = [];
          let behind: Place | undefined;
          // More pages than there can be versions would be an order that goes round.
          for (let page = 0; page <= 80; page++) {
            expect(page).toBeLessThan(80);
            const part = order.part(1, { descending, limit, ...(behind && { behind }) });
            if (part.length === 0) break;
            seen.push(...part);
            behind = part.at(-1);
            const change = rest.shift();
            if (change) order.apply({ changes: [change] });
          }
          const wanted = stays.filter(({ egg_id }) => egg_id === 1);
          for (const { id } of wanted) expect(seen.filter((place) => place.id === id)).toHaveLength(1);
          const steps = seen
            .slice(1)
            .map((place, index) => compareVersions(seen[index]?.version ?? '', place.version));
          for (const step of steps) expect(descending ? -step : step).toBeLessThanOrEqual(0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('of one state are found and counted apart, as they change', () => {
    const order = new VersionOrder();
    const [one, two] = [record(1, 1, '1.10.0', 'published'), record(2, 1, '1.9.0')];
    order.load(one);
    order.load(two);
    expect(shown(order.part(1, { ...whole, state: 'published' }))).toEqual(['1.10.0 1']);
    order.apply({ changes: [{ id: 2, before: two, after: { ...two, state: 'published' } }] });
    expect(shown(order.part(1, { ...whole, state: 'published' }))).toEqual(['1.9.0 2', '1.10.0 1']);
    expect([order.count(1, 'draft'), order.count(1, 'published'), order.count(1), order.count(2)]).toEqual([
      0, 2, 2, 0,
    ]);
  });
});
