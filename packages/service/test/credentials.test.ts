import { expect, test } from 'vitest';
import { testDatabase } from '@egg/testing';
import { hashOf } from '../src/access/secret.ts';
import { Credentials, isAbandoned, isHolding } from '../src/index.ts';

const database = await testDatabase();
const credentials = new Credentials(database);
await credentials.prepare();

async function confirmed(issue: Parameters<Credentials['issue']>[0]): Promise<string> {
  const { key } = await credentials.issue(issue);
  await credentials.confirm(key);
  return key;
}

test('a secret holds only once the commit that names it is known', async () => {
  const { key, secret } = await credentials.issue({ role: 'operator', name: 'ci' });
  expect(secret).toMatch(new RegExp(`^egg_${key}_[A-Za-z0-9_-]{43}$`));
  const pending = await credentials.find(key);
  expect(pending).toMatchObject({ key, role: 'operator', name: 'ci', pending: true });
  expect(isHolding(pending!)).toBe(false);
  await credentials.confirm(key, { host: 7 });
  await credentials.confirm(key);
  const holding = await credentials.find(key);
  expect(holding).toMatchObject({ pending: false, host: 7 });
  expect(holding?.hash).toEqual(hashOf(secret));
  expect(isHolding(holding!)).toBe(true);
});

test('the database has the hash and not the secret', async () => {
  const { key, secret } = await credentials.issue({ role: 'viewer', name: 'panel' });
  const document = await database.collection<{ _id: string }>('credentials').findOne({ _id: key });
  expect(JSON.stringify(document)).not.toContain(secret.slice(`egg_${key}_`.length));
});

test('a revoked secret is gone, also the second time', async () => {
  const key = await confirmed({ role: 'viewer', name: 'gone' });
  await credentials.revoke(key);
  await credentials.revoke(key);
  await credentials.confirm(key);
  expect(await credentials.find(key)).toBeUndefined();
});

test('it expires', async () => {
  const at = new Date('2030-01-01T00:00:00Z');
  const key = await confirmed({ role: 'admin', name: 'short', expiresAt: at });
  const credential = (await credentials.find(key))!;
  expect(isHolding(credential, at.getTime() - 1)).toBe(true);
  expect(isHolding(credential, at.getTime())).toBe(false);
});

test('a pending secret is abandoned after an hour, a confirmed one never', async () => {
  const { key } = await credentials.issue({ role: 'viewer', name: 'left' });
  const pending = (await credentials.find(key))!;
  const late = pending.issuedAt.getTime() + 3_600_001;
  expect([isAbandoned(pending), isAbandoned(pending, late)]).toEqual([false, true]);
  expect(isAbandoned({ ...pending, pending: false }, late)).toBe(false);
});

test('uses are taken as often as there are, however many ask at once', async () => {
  const key = await confirmed({ role: 'enroll', name: 'rack', uses: 3 });
  const taken = await Promise.all(Array.from({ length: 12 }, () => credentials.take(key, 2)));
  expect(taken.reduce((sum, uses) => sum + uses, 0)).toBe(3);
  await credentials.giveBack(key, 2);
  expect([await credentials.take(key, 1), await credentials.take(key, 5)]).toEqual([1, 1]);
  expect(await credentials.take(key, 1)).toBe(0);
});

test('uses without a bound never end; what does not hold has none', async () => {
  const key = await confirmed({ role: 'enroll', name: 'any' });
  await credentials.giveBack(key, 1);
  expect([await credentials.take(key, 1), await credentials.take(key, 500)]).toEqual([1, 500]);
  const { key: pending } = await credentials.issue({ role: 'enroll', name: 'pending', uses: 1 });
  const expired = await confirmed({ role: 'enroll', name: 'old', uses: 1, expiresAt: new Date(0) });
  expect([await credentials.take(pending, 1), await credentials.take(expired, 1)]).toEqual([0, 0]);
  expect(await credentials.take('0000000000000000', 1)).toBe(0);
});

test('all of a role are found, and no others', async () => {
  const key = await confirmed({ role: 'host', name: 'web-1' });
  const keys: string[] = [];
  for await (const batch of credentials.each(['host'])) keys.push(...batch.map((one) => one.key));
  expect(keys).toEqual([key]);
});
