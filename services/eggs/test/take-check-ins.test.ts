// Replicas over one database take the same check-ins at the same moment; and what one that died has begun, another finishes.

import { afterAll, expect, test } from 'vitest';
import type { Host } from '@egg/contract/types/eggs';
import { quiet, testDatabase } from '@egg/testing';
import { dayOf } from '../src/domain/blocked.ts';
import { BlockedCounts } from '../src/hosts/blocked-counts.ts';
import { blockedCounts } from '../src/hosts/count-document.ts';
import { hostStates, prepareStates } from '../src/hosts/state-document.ts';
import { type CheckIn, takeCheckIns, type TakeParts } from '../src/hosts/take-check-ins.ts';
import { writeStates } from '../src/hosts/write-states.ts';

const database = await testDatabase();
const states = hostStates(database);
await prepareStates(states);

function replica(): TakeParts & { readonly counts: BlockedCounts } {
  const counts = new BlockedCounts({ database, log: quiet });
  afterAll(() => counts.stop());
  const hostsOf = (ids: readonly number[]): Promise<Map<number, Host>> =>
    Promise.resolve(new Map(ids.map((id) => [id, { id, name: `h${id}` } as Host])));
  return { states, hostsOf, counts, turned: () => undefined };
}

const [one, other, third, fourth] = [replica(), replica(), replica(), replica()];

function checkIn(host: number, key: string, name: string): CheckIn {
  return {
    host,
    key,
    hash: key,
    eggs: [{ egg: 'agent', version: '1.0.0' }],
    blocked: [{ kind: 'domain', name, count: 1 }],
    intervalSeconds: 60,
  };
}

async function counted(name: string): Promise<number> {
  await Promise.all([one, other, third, fourth].map(({ counts }) => counts.settled()));
  return (await blockedCounts(database).findOne({ name }))?.count ?? 0;
}

test('of the same check-in at two replicas one counts, and none of different ones is lost', async () => {
  const hosts = Array.from({ length: 20 }, (_, index) => index + 1);
  const rounds = 15;
  for (let round = 0; round < rounds; round++) {
    const same = hosts.map((host) => checkIn(host, `same-${round}`, 'same.example'));
    const ownOf = (who: string): CheckIn[] =>
      hosts.map((host) => checkIn(host, `${who}-${round}`, 'own.example'));
    await Promise.all([
      takeCheckIns(one, same),
      takeCheckIns(other, same),
      takeCheckIns(third, ownOf('third')),
      takeCheckIns(fourth, ownOf('fourth')),
    ]);
  }
  expect(await counted('same.example')).toBe(hosts.length * rounds);
  expect(await counted('own.example')).toBe(hosts.length * rounds * 2);
  const found = await states.find({ _id: { $in: hosts } }).toArray();
  expect(found.map(({ turns }) => turns)).toEqual(hosts.map(() => 1));
  expect(found.map(({ pending }) => pending?.map(({ turn }) => turn))).toEqual(hosts.map(() => [1]));
}, 60_000);

test('what a dead replica has taken is counted by another, once, and what it has not taken is not', async () => {
  const day = dayOf(new Date());
  const blocked = [{ kind: 'domain', name: 'died.example', count: 1 }] as const;
  const dead = new BlockedCounts({ database, log: quiet });
  const batch = await dead.begin(
    day,
    [101, 102].map((host) => ({ host, blocked })),
  );
  const at = new Date();
  const state = {
    last_seen_at: at,
    online_until: new Date(at.getTime() + 180_000),
    interval_seconds: 60,
    online: true,
    turns: 1,
    eggs: [],
    recent: [],
  };
  const next = { id: 101, name: 'h101', before: undefined, state, batches: [batch.id], at };
  expect(await writeStates(states, batch.id, [next])).toEqual(new Set([101]));
  await dead.stop();
  // However often the host has checked in since.
  for (let round = 0; round < 12; round++) {
    await takeCheckIns(one, [checkIn(101, `later-${round}`, 'later.example')]);
  }
  await Promise.all([one.counts.finishLeft(0), other.counts.finishLeft(0)]);
  await other.counts.finishLeft(0);
  expect(await counted('died.example')).toBe(1);
  expect(await counted('later.example')).toBe(12);
  expect(await states.findOne({ _id: 101 })).toMatchObject({ turns: 1 });
});

test('a check-in of a host that is gone is refused, and the others of its batch are taken', async () => {
  const parts = { ...one, hostsOf: () => Promise.resolve(new Map([[201, { id: 201, name: 'h' } as Host]])) };
  const [gone, kept] = await takeCheckIns(parts, [
    checkIn(200, 'a', 'x.example'),
    checkIn(201, 'a', 'x.example'),
  ]);
  expect(gone).toMatchObject({ code: 'PERMISSION_DENIED' });
  expect(kept).toMatchObject({ host: { id: 201 }, state: { online: true } });
  expect(await counted('x.example')).toBe(1);
});
