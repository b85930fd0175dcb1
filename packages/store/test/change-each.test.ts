// Documents that each get something of their own with one operation.

import { expect, test } from 'vitest';
import { testDatabase, testName } from '@egg/testing';
import { changeEach, type OwnChange } from '../src/change-each.ts';
import { DURABLE } from '../src/concerns.ts';

interface Counted {
  _id: number;
  version: number;
  by?: string;
  payload?: object;
}

const database = await testDatabase();

async function documents(count: number) {
  const collection = database.collection<Counted>(testName());
  await collection.insertMany(Array.from({ length: count }, (_, index) => ({ _id: index * 3, version: 0 })));
  return collection;
}

function next({ _id: id, version }: Counted, rest: Partial<Counted>): OwnChange<number> {
  return {
    id,
    when: { $eq: ['$version', version] },
    to: { $literal: { _id: id, version: version + 1, ...rest } },
  };
}

test('each becomes what it is to become, whatever that looks like, and the others stay', async () => {
  const collection = await documents(1201);
  const deepest = Array.from({ length: 30 }).reduce<object>((inner) => ({ inner }), {
    $set: { 'a.b': '$version' },
  });
  const all = await collection.find().sort({ _id: 1 }).toArray();
  const changes = all.slice(0, 1200).map((one) => next(one, { by: `$${one._id}`, payload: deepest }));
  const absent = next({ _id: 1, version: 0 }, {});
  expect(await changeEach(collection, [...changes.reverse(), absent], DURABLE)).toBe(1200);
  const found = await collection.find().sort({ _id: 1 }).toArray();
  expect(found).toEqual(
    all.map((one, index) =>
      index === 1200 ? one : { ...one, version: 1, by: `$${one._id}`, payload: deepest },
    ),
  );
});

test('what is too large for one operation goes in several', async () => {
  const collection = await documents(40);
  const all = await collection.find().toArray();
  const by = 'x'.repeat(256 * 1024);
  expect(
    await changeEach(
      collection,
      all.map((one) => next(one, { by })),
      DURABLE,
    ),
  ).toBe(40);
});

test('of several who change the same document at the same moment one does', async () => {
  const collection = await documents(40);
  const change = async (by: string): Promise<number> => {
    const all = await collection.find().toArray();
    return changeEach(
      collection,
      all.map((one) => next(one, { by })),
      DURABLE,
    );
  };
  let changed = 0;
  for (let round = 0; round < 15; round++) {
    const counts = await Promise.all(['one', 'other', 'third', 'fourth'].map(change));
    changed += counts.reduce((sum, count) => sum + count, 0);
  }
  const found = await collection.find().toArray();
  expect(found.reduce((sum, { version }) => sum + version, 0)).toBe(changed);
}, 60_000);

test('ids are of any text', async () => {
  const collection = database.collection<{ _id: string; to?: string }>(testName());
  // In an order of its own: the last two come the other way round by the units of UTF-16.
  const ids = ['', '0', 'Z', 'a', 'é', '\uffee', '\u{1f95a}'];
  await collection.insertMany(ids.map((_id) => ({ _id })));
  const changes = ids.map((id) => ({
    id,
    when: { $eq: ['$_id', id] },
    to: { $literal: { _id: id, to: id } },
  }));
  expect(await changeEach(collection, changes, DURABLE)).toBe(ids.length);
  expect(await collection.find().sort({ _id: 1 }).toArray()).toEqual(ids.map((id) => ({ _id: id, to: id })));
});
