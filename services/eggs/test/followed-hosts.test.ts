// What follows from commits to hosts, where the process that made them is gone: the secrets that hold are those of the records.

import { expect, onTestFinished, test, vi } from 'vitest';
import { loadContract } from '@egg/contract';
import { Credentials } from '@egg/service';
import type { View } from '@egg/store';
import type { Host } from '@egg/contract/types/eggs';
import { quiet, testDatabase, WITHIN } from '@egg/testing';
import { followHosts } from '../src/hosts/followed-hosts.ts';
import { asRecord, newHost } from '../src/hosts/rules.ts';
import { hostStates } from '../src/hosts/state-document.ts';
import { hosts as declared } from '../src/tables.ts';
const HOUR_MS = 60 * 60_000;

async function system() {
  const database = await testDatabase();
  const credentials = new Credentials(database);
  await credentials.prepare();
  const { table } = await declared(loadContract()).open({ database, log: quiet });
  onTestFinished(() => table.close());
  const states = hostStates(database);
  const start = () => {
    const facts = { tell: () => Promise.resolve(), stop: () => Promise.resolve() };
    const followed = followHosts({ database, hosts: table, states, credentials, facts, log: quiet });
    onTestFinished(() => followed.stop());
    return followed;
  };
  const commit = async (decide: (view: View<Host>) => { verb: string }, ids: number[] = []) => {
    const origin = { actor: 'test', from: '', requestId: 'r' };
    return (await table.submit({ origin, deadline: Date.now() + 10_000, ids, decide })).commit;
  };
  return { database, credentials, table, states, start, commit };
}

test('of old secrets that were never confirmed the ones with a commit hold, and the others go', async () => {
  const { database, credentials, start, commit } = await system();
  const [lost, made, young] = await Promise.all(
    ['lost', 'made', 'young'].map((name) => credentials.issue({ role: 'host', name })),
  );
  const old = new Date(Date.now() - 2 * HOUR_MS);
  await database
    .collection<{ _id: string }>('credentials')
    .updateMany({ _id: { $ne: young?.key ?? '' } }, { $set: { issued_at: old } });
  await commit((view) => {
    const host = newHost({ name: 'made', platform: 'linux/amd64' });
    view.add(asRecord({ ...host, token_key: made?.key ?? '' }));
    return { verb: 'enrolled' };
  });
  start();
  await vi.waitFor(async () => expect(await credentials.find(lost?.key ?? '')).toBeUndefined(), WITHIN);
  expect(await credentials.find(made?.key ?? '')).toMatchObject({ pending: false, host: 1 });
  expect(await credentials.find(young?.key ?? '')).toMatchObject({ pending: true });
});

test('a commit of a thousand hosts is followed as a whole, and so is the one that takes them away', async () => {
  const { database, credentials, states, start, commit } = await system();
  const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
  const keys = ids.map((id) => id.toString(16).padStart(16, '0'));
  const issued = { hash: '', role: 'host', name: 'h', pending: true, issued_at: new Date() };
  await database
    .collection<{ _id: string }>('credentials')
    .insertMany(keys.map((_id) => ({ _id, ...issued })));
  const followed = start();
  const added = await commit((view) => {
    for (const token_key of keys) {
      const host = newHost({ name: `h${token_key}`, platform: 'linux/amd64' });
      view.add(asRecord({ ...host, token_key }));
    }
    return { verb: 'enrolled' };
  });
  await followed.kept(added?.revision ?? 0, Date.now() + 10_000);
  const held = await credentials.findAll(keys);
  expect(keys.map((key) => held.get(key)?.host)).toEqual(ids);
  await states.insertMany(ids.map((_id) => ({ _id }) as never));
  const removed = await commit((view) => {
    for (const id of ids) view.remove(view.existing(id));
    return { verb: 'deleted' };
  }, ids);
  await followed.kept(removed?.revision ?? 0, Date.now() + 10_000);
  expect((await credentials.findAll(keys)).size).toBe(0);
  expect(await states.countDocuments({})).toBe(0);
});
