// Tokens over two replicas: what is decided at the same time, and what a process that was killed in between left.

import { afterAll, expect, test } from 'vitest';
import { loadContract } from '@egg/contract';
import type { Token } from '@egg/contract/types/eggs';
import type { CallContext, UnaryHandler } from '@egg/rpc';
import { isHolding, serviceAccess } from '@egg/service';
import { type Database } from '@egg/store';
import { quiet, testDatabase } from '@egg/testing';
import { tokenMethods } from '../src/rpc/token.ts';
import { tokens } from '../src/tables.ts';
import { KnownTokens } from '../src/tokens/known-tokens.ts';

const contract = loadContract();
const log = { ...quiet, debug: () => {}, info: () => {}, error: () => {} };

/** One process of the service, as far as tokens go. */
async function replica(database: Database) {
  const known = new KnownTokens();
  const access = serviceAccess(database, { log });
  const { table } = await tokens(contract, known).open({ database, log });
  const stops: (() => Promise<void>)[] = [];
  const methods = await tokenMethods({ table, known, access, log }, (stop) => void stops.push(stop));
  const stop = async (): Promise<void> => {
    access.stop();
    await Promise.all(stops.splice(0).map((end) => end()));
    await table.close();
  };
  afterAll(stop);
  const call = async (name: string, request: object): Promise<Token & { secret?: string }> => {
    const context = {
      caller: { name: 'test', role: 'admin' },
      requestId: 'r',
      from: '127.0.0.1',
      deadline: Date.now() + 10_000,
      method: contract.service('egg.eggs.v1.TokenService').methods.find((method) => method.name === name),
      requestBytes: new Uint8Array(),
    } as CallContext;
    const { data } = (await (methods[name] as UnaryHandler)(request as never, context)) as {
      data: Token & { secret?: string };
    };
    return data;
  };
  return {
    table,
    known,
    credentials: access.credentials,
    add: (name: string, role = 'admin', more = {}) => call('Add', { name, role, ...more }),
    remove: (id: number) => call('Delete', { id }),
    stop,
  };
}

const origin = { actor: 'test', from: '127.0.0.1', requestId: 'r' };
const deadline = (): number => Date.now() + 10_000;

test('of admin tokens that are all deleted at once one stays, on one replica and on two', async () => {
  const database = await testDatabase();
  const [one, two] = await Promise.all([replica(database), replica(database)]);
  for (const replicas of [
    [one, one],
    [one, two],
  ]) {
    const made = await Promise.all(['a', 'b', 'c'].map((name) => one.add(`${name}${replicas.indexOf(two)}`)));
    const before = one.known.admins();
    const outcomes = await Promise.allSettled(
      before.map((id, index) => (replicas[index % 2] as typeof one).remove(id)),
    );
    expect(before.length).toBeGreaterThanOrEqual(made.length);
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'FAILED_PRECONDITION' } }]);
    await one.table.follow();
    expect(one.known.admins()).toHaveLength(1);
  }
});

test('an admin token that has expired may go, and is not counted as one that stays', async () => {
  const { add, remove } = await replica(await testDatabase());
  const short = await add('short', 'admin', { expires_at: new Date(Date.now() + 300) });
  const last = await add('last');
  await expect.poll(() => Date.now() > (short.expires_at?.getTime() ?? 0)).toBe(true);
  await expect(remove(last.id)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  await remove(short.id);
  const viewer = await add('viewer', 'viewer');
  await remove(viewer.id);
});

test('what a killed process left is settled by the next one: named secrets hold, the others do not', async () => {
  const database = await testDatabase();
  const first = await replica(database);
  const { credentials, table } = first;
  const kept = await first.add('kept', 'viewer');
  const lost = await first.add('lost', 'viewer');
  await first.stop();

  const writer = await tokens(contract, new KnownTokens()).open({ database, log });
  const { key } = await credentials.issue({ role: 'viewer', name: 'named' });
  await writer.table.submit({
    origin,
    deadline: deadline(),
    ids: [lost.id],
    decide: (view) => {
      view.add({ name: 'named', role: 'viewer', key });
      view.remove(view.existing(lost.id));
      return { verb: 'added' };
    },
  });
  const { key: nameless } = await credentials.issue({ role: 'viewer', name: 'nameless' });
  await writer.table.close();
  expect(isHolding((await credentials.find(key))!)).toBe(false);
  expect(table.count).toBe(2);

  await replica(database);
  expect(isHolding((await credentials.find(key))!)).toBe(true);
  expect(isHolding((await credentials.find(kept.key))!)).toBe(true);
  expect(await credentials.find(lost.key)).toBeUndefined();
  // Its commit may come yet.
  expect(await credentials.find(nameless)).toMatchObject({ pending: true });
});

test('what another process was killed in the middle of is settled by those that run', async () => {
  const database = await testDatabase();
  const { credentials } = await replica(database);
  const writer = await tokens(contract, new KnownTokens()).open({ database, log });
  afterAll(() => writer.table.close());
  const { key } = await credentials.issue({ role: 'admin', name: 'named' });
  await writer.table.submit({
    origin,
    deadline: deadline(),
    decide: (view) => {
      view.add({ name: 'named', role: 'admin', key });
      return { verb: 'added' };
    },
  });
  await expect.poll(async () => (await credentials.find(key))?.pending).toBe(false);
  // And the first one of an admin closes the system.
  const system = database.collection<{ _id: string }>('system');
  await expect.poll(() => system.findOne({ _id: 'mode' })).not.toBeNull();
});

test('a name that is taken leaves no secret behind', async () => {
  const database = await testDatabase();
  const { add } = await replica(database);
  await add('same', 'viewer');
  await expect(add('same', 'viewer')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  expect(await database.collection('credentials').countDocuments({})).toBe(1);
});
