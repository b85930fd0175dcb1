// What is known of another service's table: its head, never older than was asked, and nothing where that cannot be had; and work that
// follows from its commits, done again after a death.

import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { quiet, startOwnServers, testName } from '@egg/testing';
import { followHead, openDatabase, renewHistory, startLogWorker, Table } from '../src/index.ts';
import type { Thing } from './algebra.ts';

const { mongo } = await startOwnServers();
const database = await openDatabase({ url: mongo.url, name: testName(), log: quiet });
afterAll(() => database.close());
const table = await Table.open<Thing>({ name: 'things', key: ['name'], database, log: quiet });
afterAll(() => table.close());

const touch = (): Promise<number> =>
  table.touch({ actor: 'test', from: '', requestId: 'r' }, Date.now() + 5000);

test('the head of a table that somebody else writes is never older than was asked', async () => {
  const head = followHead(database, 'things');
  onTestFinished(() => head.close());
  expect(await head.read(1000, 1000)).toEqual({ revision: 0, log: table.history });
  for (let revision = 1; revision <= 3; revision++) {
    await touch();
    expect(await head.read(0, 2000)).toEqual({ revision, log: table.history });
  }
  await touch();
  await vi.waitFor(async () => expect((await head.read(1000, 0))?.revision).toBe(4), 10_000);
  await renewHistory(database, 'things');
  const renewed = await head.read(0, 2000);
  expect(renewed?.revision).toBe(4);
  expect(renewed?.log).not.toBe(table.history);
});

test('a head that is too old is none while the database is away, and is there again when that is', async () => {
  const head = followHead(database, 'things');
  onTestFinished(() => head.close());
  const { revision } = (await head.read(1000, 1000)) ?? {};
  expect(revision).toBe(4);
  await mongo.kill();
  const startedMs = performance.now();
  await vi.waitFor(async () => expect(await head.read(500, 300)).toBeUndefined(), 5000);
  expect(performance.now() - startedMs).toBeLessThan(4000);
  await mongo.start();
  await vi.waitFor(async () => expect((await head.read(500, 300))?.revision).toBe(4), 10_000);
});

test('work that follows from commits is done in order, and what was not finished is done again', async () => {
  const positions = database.collection<{ _id: string; revision: number }>('positions');
  const done: number[] = [];
  let failures = 2;
  const start = () =>
    startLogWorker<Thing>({
      name: 'things_test',
      source: table.source(),
      positions,
      log: quiet,
      work: (commits) => {
        if (failures-- > 0) return Promise.reject(new Error('not now'));
        done.push(...commits.map(({ revision }) => revision));
        return Promise.resolve();
      },
    });
  const first = start();
  expect(await first.reached(table.revision, Date.now() + 10_000)).toBe(true);
  await first.stop();
  await touch();
  await touch();
  const second = start();
  expect(await second.reached(table.revision, Date.now() + 10_000)).toBe(true);
  expect(await second.reached(table.revision + 1, Date.now() + 50)).toBe(false);
  await second.stop();
  expect(done).toEqual(Array.from({ length: table.revision }, (_, index) => index + 1));
});
