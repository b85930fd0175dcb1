// What was blocked: counted once by the server, whichever answer is lost and whoever is killed.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import { openOutbox } from '../src/outbox.ts';
import { enrolledDirectory, enrolmentToken, runClient, temporaryDirectory } from './hosts.ts';
import { startProxy } from './proxy.ts';

const stack = await startStack({ eggs: 1, env: { EGG_CHECK_IN_SECONDS: '1' } });
const { http } = stack;
const proxy = await startProxy(http.url);
const token = await enrolmentToken(http, 'blocked');

const counted = async (name: string): Promise<number> => {
  const { body } = await http.get<{ count: number }[]>(`/stats/list?name=${name}`);
  return body.data.reduce((sum, { count }) => sum + count, 0);
};
const checkIns = () => proxy.seen.filter(({ url }) => url === '/checkin');
const keys = () => checkIns().map(({ headers }) => headers['idempotency-key']);

test('a check-in whose answer was lost is sent again with its key, and what it says is counted once', async () => {
  const dir = await enrolledDirectory(token, 'lost-answers', proxy.url);
  let lost = 3;
  proxy.faults(({ url, body }) =>
    url === '/checkin' && body.includes('lost.example') && lost-- > 0 ? { cutAfter: 0 } : undefined,
  );
  const { client } = await runClient(dir);
  await Promise.all([client.blocked('domain', 'lost.example', 4), client.blocked('domain', 'lost.example')]);
  await client.blocked('process', 'lost.exe');
  await expect.poll(() => lost, { timeout: 15_000 }).toBeLessThan(0);
  await expect.poll(() => counted('lost.exe'), { timeout: 15_000 }).toBe(1);
  expect(await counted('lost.example')).toBe(5);
  const first = checkIns().find(({ body }) => body.includes('lost.example'));
  const same = checkIns().filter(
    ({ headers }) => headers['idempotency-key'] === first?.headers['idempotency-key'],
  );
  expect(same.length).toBeGreaterThanOrEqual(4);
  expect(new Set(same.map(({ body }) => body)).size).toBe(1);
  expect(new Set(keys()).size).toBeGreaterThan(1);
});

test('a host that died before its check-in was answered sends the same one after its start', async () => {
  const dir = await enrolledDirectory(token, 'died', proxy.url);
  const outbox = await openOutbox(join(dir, 'outbox.json'));
  await outbox.count('domain', 'died.example', 7);
  const sent = await outbox.next({});
  await outbox.count('domain', 'died.example', 2);
  // The server has it; who sent it never heard.
  const { token: own } = JSON.parse(await readFile(join(dir, 'identity.json'), 'utf8')) as { token: string };
  const headers = { authorization: `Bearer ${own}`, 'idempotency-key': sent.key };
  expect((await http.post('/checkin', sent.body, headers)).body.status).toBe(0);
  proxy.faults(() => undefined);
  await runClient(dir);
  await expect.poll(() => counted('died.example'), { timeout: 15_000 }).toBe(9);
  expect(keys()).toContain(sent.key);
});

test('counts survive a crash when they are said to, and add up', async () => {
  const file = join(await temporaryDirectory(), 'outbox.json');
  const before = await openOutbox(file);
  await Promise.all(Array.from({ length: 100 }, () => before.count('process', 'miner.exe', 2)));
  const after = await openOutbox(file);
  await after.count('process', 'miner.exe', 1);
  const { body } = await after.next({ eggs: [] });
  expect(body).toEqual({
    eggs: [],
    blocked: { domains: [], processes: [{ process: 'miner.exe', count: 201 }] },
  });
  expect((await (await openOutbox(file)).next({ eggs: ['other'] })).body).toEqual(body);
  await after.done();
  expect((await (await openOutbox(file)).next({})).body).toEqual({ blocked: { domains: [], processes: [] } });
});

test('a server that is away for long makes neither the file nor a check-in large', async () => {
  const file = join(await temporaryDirectory(), 'outbox.json');
  const outbox = await openOutbox(file);
  await Promise.all(
    Array.from({ length: 5000 }, (_, index) => outbox.count('domain', `d${index}.example`, 1)),
  );
  await Promise.all(['', 'x'.repeat(254)].map((name) => outbox.count('domain', name, 1)));
  const names: string[] = [];
  for (let round = 0; round < 5; round++) {
    const { body } = (await outbox.next({})) as { body: { blocked: { domains: { domain: string }[] } } };
    expect(body.blocked.domains.length).toBeLessThanOrEqual(500);
    names.push(...body.blocked.domains.map(({ domain }) => domain));
    await outbox.done();
  }
  expect(names).toEqual(Array.from({ length: 2000 }, (_, index) => `d${index}.example`));
});

test('a check-in that the server refuses is not sent again and again', async () => {
  const dir = await enrolledDirectory(token, 'refused', proxy.url);
  let isWrong = true;
  proxy.faults(() => undefined);
  const { client, lines } = await runClient(dir, {
    eggs: () => [{ egg: 'agent', version: isWrong ? 'v1' : '1.0.0' }],
  });
  await expect.poll(() => lines.join('\n')).toMatch(/^INVALID_ARGUMENT: /);
  isWrong = false;
  await client.blocked('domain', 'after.example', 3);
  await expect.poll(() => counted('after.example'), { timeout: 15_000 }).toBe(3);
});
