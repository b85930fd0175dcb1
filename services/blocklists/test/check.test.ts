// Checks from memory over a real database: right for every write that was answered, after a restart, and on another replica.

import { expect, test, vi } from 'vitest';
import type { Database } from '@egg/store';
import { testDatabase, WITHIN } from '@egg/testing';
import { openDomains, openProcesses } from './check-stage.ts';

const [plain, restarted, shared, expiring, broken] = (await Promise.all(
  Array.from({ length: 5 }, () => testDatabase()),
)) as [Database, Database, Database, Database, Database];

test('a check is right for every write that was answered before it', async () => {
  const domains = await openDomains(plain);
  expect(await domains.check('www.ads.example')).toEqual({ domain: 'www.ads.example', blocked: false });
  const block = await domains.add({ domain: 'ads.example' });
  const by = { id: block.id, domain: 'ads.example', match: 'subdomains', action: 'block' };
  expect(await domains.check('WWW.Ads.example.')).toEqual({ domain: 'www.ads.example', blocked: true, by });

  const allow = await domains.add({ domain: '*.ads.example', action: 'allow' });
  const allowed_by = { id: allow.id, domain: 'ads.example', match: 'wildcard', action: 'allow' };
  expect(await domains.checkAll({ domains: ['www.ads.example', 'ads.example', 'example'] })).toEqual([
    { domain: 'www.ads.example', blocked: false, allowed_by },
    { domain: 'ads.example', blocked: true, by },
    { domain: 'example', blocked: false },
  ]);
  await domains.update({ id: allow.id, enabled: false });
  expect((await domains.check('www.ads.example')).blocked).toBe(true);
  await domains.update({ id: block.id, domain: 'other.example' });
  expect((await domains.check('www.ads.example')).blocked).toBe(false);
  expect((await domains.check('www.other.example')).by?.id).toBe(block.id);
  await domains.remove(block.id);
  expect((await domains.check('www.other.example')).blocked).toBe(false);
  await domains.table.close();
});

test('what is no host name is refused, each by its place', async () => {
  const domains = await openDomains(plain);
  const all = domains.checkAll({ domains: ['a.example', '127.1', 'b.example', '*.c.example'] });
  await expect(all).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    violations: [
      { field: 'domains[1]', reason: 'is an address' },
      { field: 'domains[3]', reason: 'is a pattern, not one host name' },
    ],
  });
  for (const [request, field] of [
    [{}, 'domain'],
    [{ domain: 'a.example', domains: ['b.example'] }, 'domains'],
    [{ domain: 'a..example' }, 'domain'],
  ] as const) {
    await expect(domains.checkAll(request)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field }],
    });
  }
  await domains.table.close();
});

test('a replica that starts has every entry, and none that is gone', async () => {
  const before = await openDomains(restarted);
  for (let one = 0; one < 30; one++) await before.add({ domain: `n${one}.example` });
  for (let id = 1; id <= 10; id++) await before.remove(id);
  await before.update({ id: 11, enabled: false });
  await before.table.close();
  const after = await openDomains(restarted);
  const verdicts = await after.checkAll({
    domains: Array.from({ length: 30 }, (_, one) => `n${one}.example`),
  });
  expect(verdicts.map(({ blocked }) => blocked)).toEqual(Array.from({ length: 30 }, (_, one) => one > 10));
  expect(after.lookup.size).toBe(19);
  await after.table.close();
});

test('another replica is right at once for who names the revision, and soon for all', async () => {
  const [here, there] = await Promise.all([openDomains(shared), openDomains(shared)]);
  for (let one = 0; one < 10; one++) {
    const { revision } = await here.add({ domain: `n${one}.example` });
    const verdict = await there.check(`n${one}.example`, { min_revision: revision });
    expect(verdict.blocked).toBe(true);
  }
  await here.remove(1);
  await vi.waitFor(async () => expect((await there.check('n0.example')).blocked).toBe(false), WITHIN);
  await expect(there.check('n0.example', { min_revision: 12 })).rejects.toMatchObject({
    code: 'OUT_OF_RANGE',
    violations: [{ field: 'min_revision' }],
  });
  await Promise.all([here.table.close(), there.table.close()]);
});

test('where the log cannot be read, who names a later revision is told so in time, and others are answered', async () => {
  let isAway = false;
  const away = new Proxy(broken, {
    get: (target, property) =>
      property === 'collection'
        ? (name: string) =>
            new Proxy(target.collection(name), {
              get: (real, member) => {
                if (isAway && name.endsWith('_log') && member === 'find') throw new Error('away');
                const value: unknown = Reflect.get(real, member);
                return typeof value === 'function' ? (value.bind(real) as unknown) : value;
              },
            })
        : Reflect.get(target, property),
  });
  const domains = await openDomains(away);
  const { revision } = await domains.add({ domain: 'a.example' });
  isAway = true;
  expect((await domains.check('a.example', { min_revision: revision })).blocked).toBe(true);
  const late = domains.check('a.example', { min_revision: revision + 1, timeoutMs: 300 });
  await expect(late).rejects.toMatchObject({
    code: expect.stringMatching(/^(DEADLINE_EXCEEDED|UNAVAILABLE)$/) as string,
  });
  isAway = false;
  await domains.table.close();
});

test('an entry is out at its expiry, before the commit that takes it away, and that one raises the counter', async () => {
  const domains = await openDomains(expiring);
  const until = Date.now() + 1000;
  await domains.add({ domain: 'a.example', expires_at: new Date(until) });
  await domains.add({ domain: 'b.example', expires_at: new Date(until + 3_600_000) });
  expect((await domains.check('www.a.example')).blocked).toBe(true);
  expect(domains.lookup.decide('www.a.example', until - 1)).toBeDefined();
  expect(domains.lookup.decide('www.a.example', until)).toBeUndefined();
  await vi.waitFor(() => expect(domains.table.revision).toBe(3), WITHIN);
  expect(await domains.check('www.a.example')).toEqual({ domain: 'www.a.example', blocked: false });
  expect((await domains.check('www.b.example')).blocked).toBe(true);
  expect((await domains.add({ domain: 'a.example' })).id).toBe(3);
  await domains.table.close();
});

test('a process is checked with all its signatures', async () => {
  const processes = await openProcesses(plain);
  const hash = `sha256:${'0f'.repeat(32)}`;
  const any = await processes.add({ process: 'Tool.exe', signature: '*' });
  const trusted = await processes.add({ process: '*', signature: 'signer:Somebody', action: 'allow' });
  const bad = await processes.add({ process: '*', signature: hash.toUpperCase() });
  expect(await processes.check('C:\\bin\\TOOL.EXE')).toEqual({
    process: 'C:\\bin\\TOOL.EXE',
    blocked: true,
    by: { id: any.id, process: 'Tool.exe', signature: '*', action: 'block' },
  });
  expect(await processes.check('tool.exe', ['signer:Somebody', 'nonsense:'])).toMatchObject({
    blocked: false,
    allowed_by: { id: trusted.id },
  });
  expect(await processes.check('other', ['signer:Somebody', hash])).toMatchObject({
    blocked: true,
    by: { id: bad.id, signature: hash },
  });
  await processes.remove(bad.id);
  expect((await processes.check('other', [hash])).blocked).toBe(false);
  await expect(processes.check('dir/')).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    violations: [{ field: 'process' }],
  });
  await processes.table.close();
});
