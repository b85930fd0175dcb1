// Two replicas of the blocklists service over one database and one bus, both written to: together they are as exact as one.

import { expect, test } from 'vitest';
import { byCallers, type DomainEntry, readList, sorted, startStack } from '@egg/testing';
import { startFollower } from './scenarios/follower.ts';
import { writeAtOnce } from './scenarios/load.ts';
import { expectWholeLog } from './scenarios/log-check.ts';
import { addNames, expectEverywhere } from './scenarios/real-list.ts';
import { realNames } from './scenarios/real-names.ts';

const [stack, names] = await Promise.all([startStack({ blocklists: 2 }), startStack({ blocklists: 2 })]);

test('64 callers raise a counter 2,000 times by both and change domains meanwhile: it ends where the commits say', async () => {
  const [one, other] = stack.gateways as [(typeof stack.gateways)[0], (typeof stack.gateways)[0]];
  const followers = [startFollower(one), startFollower(one, other)];
  const { answered } = await writeAtOnce(stack.gateways, { raises: 2000, adds: 300 });
  const [first, second] = await Promise.all(followers.map((follower) => follower.finish()));
  await expectWholeLog(stack, answered);
  expect(first?.revision).toBe(answered.length);
  expect(second?.revision).toBe(answered.length);
}, 120_000);

test('4,000 names of real lists added by both are in list, changes and bus of both, the same', async () => {
  await expectEverywhere(names, await addNames(names.gateways, realNames(4000)));
}, 120_000);

test('the same name added by both at once is there once', async () => {
  const wanted = Array.from({ length: 200 }, (_, index) => `once-${Math.floor(index / 4)}.example`);
  const answers = await byCallers(64, wanted, (domain, index) =>
    (names.gateways[index % 2] as (typeof names.gateways)[0]).post<DomainEntry>('/domain/add', { domain }),
  );
  const added = answers.filter(({ body }) => body.status === 0);
  expect(added.map(({ body }) => body.data.domain).sort()).toEqual([...new Set(wanted)].sort());
  expect(new Set(answers.filter(({ body }) => body.status === 1).map(({ body }) => body.code))).toEqual(
    new Set(['ALREADY_EXISTS']),
  );
});

test('what one has answered, the other shows at once', async () => {
  const [one, other] = names.gateways as [(typeof names.gateways)[0], (typeof names.gateways)[0]];
  for (let round = 0; round < 20; round++) {
    const { body } = await one.post<DomainEntry>('/domain/add', { domain: `shown-${round}.example` });
    const shown = await other.get<DomainEntry[]>(`/domain/list?id=${body.data.id}`);
    expect(shown.body.data).toEqual([body.data]);
    const gone = await other.post<DomainEntry>('/domain/delete', { id: body.data.id });
    expect(gone.body.status).toBe(0);
    expect((await one.get(`/domain/list?id=${body.data.id}`)).httpStatus).toBe(404);
    const counters = await one.get<{ value: number }[]>('/counter/list?field=counter_for_domain');
    expect(counters.body.data[0]?.value).toBe(gone.body.data.revision);
  }
});

test('when one is killed, the other goes on, and the first has all of it when it is back', async () => {
  const [one, other] = names.gateways as [(typeof names.gateways)[0], (typeof names.gateways)[0]];
  await names.kill('blocklists-1');
  const { body } = await other.post<DomainEntry>('/domain/add', { domain: 'alone.example' });
  expect(body.status).toBe(0);
  await names.restart('blocklists-1');
  await expect.poll(async () => (await one.get('/domain/list?limit=1')).httpStatus).toBe(200);
  expect(sorted(await readList(one, '/domain/list'))).toEqual(sorted(await readList(other, '/domain/list')));
});
