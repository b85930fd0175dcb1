// A follower sees the whole table and nothing else, whatever is in the records at the start and wherever their mark is; and it has
// a commit before its writer is answered.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quiet, testDatabase, testName } from '@egg/testing';
import type { Follower } from '../src/follower.ts';
import type { MarkDocument } from '../src/mark.ts';
import { Table } from '../src/table.ts';
import { listAll, type Thing } from './algebra.ts';

const database = await testDatabase();

/** Which record has a name, and its note. */
class ByName implements Follower<Thing> {
  readonly fields = ['note'] as const;
  readonly seen = new Map<string, { id: number; note: string }>();
  head = 0;

  load({ id, name, note }: Thing): void {
    this.seen.set(name, { id, note });
  }

  apply({ revision, changes }: { revision: number; changes: readonly { before?: Thing; after?: Thing }[] }) {
    this.head = revision;
    for (const { before } of changes) {
      if (before && this.seen.get(before.name)?.id === before.id) this.seen.delete(before.name);
    }
    for (const { after } of changes) if (after) this.load(after);
  }
}

function open(name: string, follower: ByName): Promise<Table<Thing>> {
  return Table.open<Thing>({ name, key: ['name'], followers: [follower], database, log: quiet });
}

async function run(table: Table<Thing>, { id, name }: { id: number; name: number | undefined }) {
  const fields = { name: `n${name}`, note: `of ${id}` };
  await table.submit({
    origin: { actor: 'somebody', from: '', requestId: 'r' },
    deadline: Date.now() + 5000,
    ids: [id],
    keys: [table.keyOf(fields)],
    decide: (view) => {
      const [there, same] = [view.rowOf(id), view.same(fields)];
      if (there && name === undefined) view.remove(there);
      else if (there && !same) view.replace(there, fields);
      else if (!same && name !== undefined) view.add(fields);
      return { verb: 'changed', always: true };
    },
  });
}

async function expectWhole(table: Table<Thing>, follower: ByName): Promise<void> {
  const rows = await listAll(table);
  const wanted = rows.map(({ id, name, note }) => [name, { id, note }] as const);
  expect(follower.seen).toEqual(new Map(wanted));
}

test('a follower has the whole table, also where the records found are newer than the mark says', async () => {
  const change = fc.record({
    id: fc.integer({ min: 1, max: 5 }),
    name: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 4, maxLength: 12 }), fc.nat(12), async (changes, back) => {
      const name = testName();
      const first = new ByName();
      const writer = await open(name, first);
      for (const one of changes) {
        await run(writer, one);
        expect(first.head).toBe(writer.revision);
      }
      await expectWhole(writer, first);
      await writer.close();

      const folded = Math.max(0, changes.length - back);
      await database.collection<MarkDocument>('tables').updateOne({ _id: name }, { $set: { folded } });
      const second = new ByName();
      const reader = await open(name, second);
      expect(reader.revision).toBe(changes.length);
      await expectWhole(reader, second);
      await reader.close();
    }),
    { numRuns: 15 },
  );
}, 60_000);

test('a follower has a commit when its writer is answered, and when another replica has caught up', async () => {
  const name = testName();
  const [here, there] = [new ByName(), new ByName()];
  const [writer, reader] = [await open(name, here), await open(name, there)];
  for (let one = 1; one <= 20; one++) {
    await run(writer, { id: 0, name: one });
    expect(here.seen.get(`n${one}`)?.id).toBe(one);
    await reader.follow();
    expect(there.seen.get(`n${one}`)?.id).toBe(one);
  }
  await Promise.all([writer.close(), reader.close()]);
});
