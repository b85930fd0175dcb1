// A blocklist as it is found in the world goes in whole: 20,000 names of two real lists.

import { expect, test } from 'vitest';
import { type DomainEntry, startStack } from '@egg/testing';
import { addNames, expectEverywhere } from './scenarios/real-list.ts';
import { realNames } from './scenarios/real-names.ts';

const COUNT = 20_000;
const stack = await startStack();

test('64 callers add 20,000 names of real lists: what is no name is refused, the rest is in list, changes and bus', async () => {
  const names = realNames(COUNT);
  expect(new Set(names.map(({ text }) => text)).size).toBeGreaterThanOrEqual(COUNT);
  const added = await addNames(stack.gateways, names);
  expect(added.refused).toBeGreaterThan(200);
  expect(added.existing).toBeGreaterThan(50);
  expect(added.entries.size).toBeGreaterThan(19_000);
  await expectEverywhere(stack, added);
}, 120_000);

test('a public suffix goes in by force, or where it means the one name alone', async () => {
  const { http } = stack;
  const forced = await http.post<DomainEntry>('/domain/add', { domain: 'duckdns.org', force: true });
  expect(forced.body.data).toMatchObject({ domain: 'duckdns.org', match: 'subdomains' });
  const exact = await http.post<DomainEntry>('/domain/add', { domain: 'eu.org', match: 'exact' });
  expect(exact.body.data).toMatchObject({ domain: 'eu.org', match: 'exact' });
});

test('a piece of a name finds what has it', async () => {
  const { body } = await stack.http.get<DomainEntry[]>('/domain/list?q=metamask&limit=1000');
  expect(body.data.length).toBeGreaterThan(10);
  expect(body.data.every(({ domain }) => domain.includes('metamask'))).toBe(true);
  expect(body).toMatchObject({ total: body.data.length, total_exact: true });
});
