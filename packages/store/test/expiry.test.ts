// Records go when their time is over: by one commit, however many replicas there are, also after a restart, and not before a time
// that was moved.

import { expect, test, vi } from 'vitest';
import { quiet, testDatabase, testName, WITHIN } from '@egg/testing';
import type { Row } from '../src/record.ts';
import { Table } from '../src/table.ts';

const database = await testDatabase();

interface Guest extends Row {
  name: string;
  until?: Date;
}

function open(name: string): Promise<Table<Guest>> {
  return Table.open<Guest>({ name, key: ['name'], expiry: 'until', database, log: quiet });
}

function write(table: Table<Guest>, guests: readonly { id?: number; name: string; until?: Date }[]) {
  return table.submit({
    origin: { actor: 'somebody', from: '', requestId: 'r' },
    deadline: Date.now() + 5000,
    ids: guests.flatMap(({ id }) => id ?? []),
    keys: guests.map((guest) => table.keyOf(guest)),
    decide: (view) => {
      for (const { id, ...fields } of guests) {
        if (id === undefined) view.add(fields);
        else view.replace(view.existing(id), fields);
      }
      return { verb: 'written' };
    },
  });
}

async function commitsOf(table: Table<Guest>) {
  const source = table.source();
  await source.head();
  return source.read(0, 1000);
}

test('what expires goes once and together, and is told as such, with several replicas', async () => {
  const name = testName();
  const tables = [await open(name), await open(name), await open(name)] as const;
  const until = new Date(Date.now() + 800);
  const guests = Array.from({ length: 50 }, (_, index) => ({ name: `g${index}`, until }));
  await write(tables[0], [...guests, { name: 'stays' }]);
  for (const table of tables) await vi.waitFor(() => expect(table.count).toBe(1), WITHIN);

  const [, expired, ...more] = await commitsOf(tables[1]);
  expect(more).toEqual([]);
  expect(expired).toMatchObject({ verb: 'expired', actor: 'system' });
  expect(expired?.requestId).toMatch(/^[\da-f-]{36}$/);
  expect(expired?.at.getTime()).toBeGreaterThanOrEqual(until.getTime());
  expect(expired?.at.getTime()).toBeLessThan(until.getTime() + 5000);
  expect(expired?.changes.every(({ before, after }) => before?.until && !after)).toBe(true);
  await Promise.all(tables.map((table) => table.close()));
});

test('a time that was moved counts, in both directions, and one that was taken away does not', async () => {
  const table = await open(testName());
  const [soon, later] = [new Date(Date.now() + 700), new Date(Date.now() + 3_600_000)];
  await write(table, [
    { name: 'moved away', until: soon },
    { name: 'moved here', until: later },
    { name: 'taken away', until: soon },
    { name: 'as it was', until: soon },
  ]);
  await write(table, [
    { id: 1, name: 'moved away', until: later },
    { id: 2, name: 'moved here', until: soon },
    { id: 3, name: 'taken away' },
  ]);
  // The page is of the records, which come after the count.
  await expect
    .poll(async () => (await table.page({ limit: 10 })).rows.map(({ id }) => id), WITHIN)
    .toEqual([1, 3]);
  await table.close();
});

test('what expired while nothing ran goes at the next start', async () => {
  const name = testName();
  const until = new Date(Date.now() + 600);
  const writer = await open(name);
  await write(writer, [{ name: 'guest', until }]);
  await writer.close();
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(until.getTime()), WITHIN);
  const reader = await open(name);
  await vi.waitFor(() => expect(reader.count).toBe(0), WITHIN);
  expect((await commitsOf(reader)).map(({ verb }) => verb)).toEqual(['written', 'expired']);
  await reader.close();
});

test('more than one commit holds go in several, at most a thousand in each', async () => {
  const table = await open(testName());
  const until = new Date(Date.now() + 1500);
  for (let from = 0; from < 2500; from += 500) {
    await write(
      table,
      Array.from({ length: 500 }, (_, index) => ({ name: `g${from + index}`, until })),
    );
  }
  await vi.waitFor(() => expect(table.count).toBe(0), WITHIN);
  const sizes = (await commitsOf(table))
    .filter(({ verb }) => verb === 'expired')
    .map(({ changes }) => changes.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2500);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
  await table.close();
});
