// A table made what it was, at any revision, from any other: the same records with the same ids, and never less protection in
// between than there was both before and after.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quiet, testDatabase, testName } from '@egg/testing';
import type { Commit, Row } from '../src/record.ts';
import { Table } from '../src/table.ts';

interface Guard extends Row {
  name: string;
  action: 'block' | 'allow';
  on: boolean;
}

type Step =
  | { kind: 'add'; name: string; action: Guard['action']; on: boolean }
  | { kind: 'change'; pick: number; name: string; action: Guard['action']; on: boolean }
  | { kind: 'delete'; pick: number }
  | { kind: 'revert'; to: number };

const database = await testDatabase();
const origin = { actor: 'somebody', from: '', requestId: '' };
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const action = fc.constantFrom('block' as const, 'block' as const, 'allow' as const);
const on = fc.constantFrom(true, true, false);
const pick = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), name, action, on }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('change' as const), pick, name, action, on }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revert' as const), to: fc.nat(30) }) },
);

const strength = ({ action, on }: Guard): number => (!on ? 0 : action === 'block' ? 1 : -1);

type State = ReadonlyMap<number, Guard>;

/** The names that are blocked: an allow wins. */
function blocked(state: State): Set<string> {
  const inForce = [...state.values()].filter((row) => row.on);
  const allowed = new Set(inForce.filter((row) => row.action === 'allow').map((row) => row.name));
  return new Set(inForce.filter((row) => !allowed.has(row.name)).map((row) => row.name));
}

function play(state: State, commit: Commit<Guard>): State {
  const next = new Map(state);
  for (const { id, before, after } of commit.changes) {
    expect(before).toEqual(state.get(id));
    if (after) next.set(id, after);
    else next.delete(id);
  }
  const keys = [...next.values()].map((row) => `${row.name} ${row.action}`);
  expect(new Set(keys).size, 'keys are unique').toBe(keys.length);
  return next;
}

/** What a revert has to bring back: all but the revision and the time of the change. */
function kept(state: State): object[] {
  return [...state.values()]
    .sort((a, b) => a.id - b.id)
    .map(({ revision: _r, updated_at: _u, ...rest }) => rest);
}

async function revert(table: Table<Guard>, revision: number, commitItems: number) {
  return table.revert({ revision, origin, deadline: Infinity, strength, commitItems });
}

test('a revert brings back the list of any revision, and protects in between', async () => {
  const runs = fc.asyncProperty(
    fc.array(step, { minLength: 4, maxLength: 25 }),
    fc.nat(30),
    fc.integer({ min: 1, max: 4 }),
    async (steps, target, commitItems) => {
      const table = await Table.open<Guard>({
        name: testName(),
        key: ['name', 'action'],
        database,
        log: quiet,
      });
      const states: State[] = [new Map()];
      table.onCommit((commit) => states.push(play(states.at(-1) as State, commit)));
      for (const one of steps) {
        if (one.kind === 'revert') {
          await revert(table, one.to % (table.revision + 1), commitItems);
          continue;
        }
        const there = [...(states.at(-1) as State).keys()];
        const id = 'pick' in one ? (there[one.pick % (there.length || 1)] ?? 1) : 1;
        const fields = 'name' in one ? { name: one.name, action: one.action, on: one.on } : undefined;
        await table
          .submit({
            origin,
            deadline: Date.now() + 5000,
            ids: [id],
            keys: fields ? [table.keyOf(fields)] : [],
            decide: (view) => {
              if (one.kind === 'add' && fields) view.add(fields);
              else if (fields) view.replace(view.existing(id), fields);
              else view.remove(view.existing(id));
              return { verb: one.kind };
            },
          })
          .catch(() => undefined);
      }
      const head = table.revision;
      const to = target % (head + 1);
      const [before, wanted] = [states[head] as State, states[to] as State];
      const counts = await revert(table, to, commitItems);
      const after = states.at(-1) as State;
      expect(kept(after)).toEqual(kept(wanted));
      expect(counts.revision).toBe(states.length - 1);
      if (JSON.stringify(kept(before)) === JSON.stringify(kept(wanted))) expect(counts.revision).toBe(head);
      expect(after.size - before.size, 'what the counts say').toBe(counts.added - counts.removed);
      const ids = new Set([...before.keys(), ...wanted.keys()]);
      const [came, went] = [
        [...ids].filter((id) => !before.has(id)),
        [...ids].filter((id) => !wanted.has(id)),
      ];
      expect([counts.added, counts.removed]).toEqual([came.length, went.length]);
      const both = [...blocked(before)].filter((one) => blocked(wanted).has(one));
      for (let revision = head; revision < states.length; revision++) {
        const now = blocked(states[revision] as State);
        expect(
          both.filter((one) => !now.has(one)),
          `lost at ${revision}`,
        ).toEqual([]);
      }
      for (const since of [to, head, Math.floor(head / 2)]) {
        const delta = await table.changes(since);
        const list = new Map(delta.snapshot ? [] : (states[since] as State));
        for await (const { added = [], removed = [] } of delta.chunks) {
          for (const row of added) list.set(row.id, row);
          for (const { id } of removed) expect(list.delete(id), 'only what was there is removed').toBe(true);
        }
        expect([...list.values()].sort((a, b) => a.id - b.id)).toEqual(
          [...after.values()].sort((a, b) => a.id - b.id),
        );
      }
      expect((await table.page({ limit: 100 })).rows, 'the records are the fold').toEqual(
        [...after.values()].sort((a, b) => a.id - b.id),
      );
      expect((await table.page({ limit: 100, revision: to })).rows).toEqual(
        [...wanted.values()].sort((a, b) => a.id - b.id),
      );
      await table.close();
    },
  );
  await fc.assert(runs, { numRuns: 60, endOnFailure: false });
}, 180_000);

test('a revision in the future is refused, and the head makes no commit', async () => {
  const table = await Table.open<Guard>({ name: testName(), key: ['name', 'action'], database, log: quiet });
  expect(await revert(table, 0, 10)).toEqual({ revision: 0, added: 0, removed: 0, changed: 0 });
  await expect(revert(table, 1, 10)).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
  await table.close();
});
