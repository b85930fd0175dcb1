import { beforeEach, expect, test } from 'vitest';
import { RpcError } from '@egg/rpc';
import { CACHE_MS, CredentialCache } from '../src/access/credential-cache.ts';
import { hashOf, newSecret } from '../src/access/secret.ts';
import { authorizer } from '../src/access/authorize.ts';
import type { MethodContract } from '@egg/contract';
import { Attempts, type Credential } from '../src/index.ts';

const MINUTE_MS = 60_000;

let nowMs = 0;
let away = false;
const reads: (readonly string[])[] = [];
const there = new Map<string, Credential>();
let cache = makeCache();

function makeCache(): CredentialCache {
  return new CredentialCache(
    (keys) => {
      reads.push([...keys]);
      if (away) return Promise.reject(new Error('no connection'));
      return Promise.resolve(new Map([...there].filter(([key]) => keys.includes(key))));
    },
    { now: () => nowMs },
  );
}

beforeEach(() => {
  nowMs = 1000;
  away = false;
  reads.length = 0;
  there.clear();
  cache = makeCache();
});

function issue(more: Partial<Credential> = {}): { key: string; secret: string } {
  const made = newSecret();
  there.set(made.key, {
    key: made.key,
    hash: hashOf(made.secret),
    role: 'operator',
    name: 'ci',
    pending: false,
    issuedAt: new Date(),
    ...more,
  });
  return made;
}

test('what was read lately is answered at once, and read again when it is older', async () => {
  const { key } = issue();
  expect(await cache.lookup(key)).toMatchObject({ key });
  nowMs += CACHE_MS - 1;
  expect(cache.lookup(key)).toMatchObject({ key });
  nowMs += 1;
  there.delete(key);
  expect(await cache.lookup(key)).toBeUndefined();
  expect(cache.lookup(key)).toBeUndefined();
  expect(reads).toHaveLength(2);
});

test('what is asked for at the same time is read with one question', async () => {
  const [one, two] = [issue(), issue()];
  await Promise.all([cache.lookup(one.key), cache.lookup(two.key), cache.lookup(one.key)]);
  expect(reads).toEqual([[one.key, two.key]]);
});

test('while the database is away the known goes on for five minutes, and of the unknown nobody can say', async () => {
  const { key } = issue();
  await cache.lookup(key);
  away = true;
  nowMs += 4 * MINUTE_MS;
  expect(await cache.lookup(key)).toMatchObject({ key });
  await expect(cache.lookup('f'.repeat(16))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  nowMs += MINUTE_MS;
  await expect(cache.lookup(key)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  away = false;
  nowMs += CACHE_MS;
  expect(await cache.lookup(key)).toMatchObject({ key });
});

test('guesses drive out nobody who is known', async () => {
  const { key } = issue();
  await cache.lookup(key);
  await Promise.all(
    Array.from({ length: 5000 }, async (_, index) => cache.lookup(index.toString(16).padStart(16, '0'))),
  );
  expect(cache.known(key)).toMatchObject({ key });
});

const method = (...roles: string[]) => ({ path: '/s/M', roles }) as unknown as MethodContract;

/** What becomes of a call with this token. */
async function outcome(
  authorize: ReturnType<typeof authorizer>,
  token: string,
  from?: string,
): Promise<unknown> {
  try {
    return await authorize(`Bearer ${token}`, method('operator'), from);
  } catch (error) {
    if (error instanceof RpcError) return error.code;
    throw error;
  }
}

test('a token lets in who has its whole secret, until it expires', async () => {
  const authorize = authorizer({ isOpen: () => false, cache });
  const { key, secret } = issue();
  expect(await outcome(authorize, secret)).toEqual({ name: 'ci', role: 'operator' });
  const last = secret.endsWith('A') ? 'B' : 'A';
  expect(await outcome(authorize, secret.slice(0, -1) + last)).toBe('UNAUTHENTICATED');
  expect(await outcome(authorize, `egg_${key}_`)).toBe('UNAUTHENTICATED');
  expect(await outcome(authorize, issue({ expiresAt: new Date(Date.now() - 1) }).secret)).toBe(
    'UNAUTHENTICATED',
  );
  expect(await outcome(authorize, issue({ pending: true }).secret)).toBe('UNAUTHENTICATED');
  expect(await outcome(authorize, issue({ role: 'viewer' }).secret)).toBe('PERMISSION_DENIED');
  expect(await outcome(authorize, issue({ role: 'enroll' }).secret)).toBe('PERMISSION_DENIED');
});

test('a host is called after its name, and known by its id', async () => {
  const authorize = authorizer({ isOpen: () => true, cache });
  const { secret } = issue({ role: 'host', name: 'web-1', host: 7 });
  expect(await authorize(`Bearer ${secret}`, method('host'))).toEqual({
    name: 'host:web-1',
    role: 'host',
    host: 7,
  });
});

test('an expired token does not go on while the database is away', async () => {
  const authorize = authorizer({ isOpen: () => false, cache });
  const { key, secret } = issue();
  await outcome(authorize, secret);
  away = true;
  nowMs += CACHE_MS;
  expect(await outcome(authorize, secret)).toMatchObject({ name: 'ci' });
  expect(await outcome(authorize, newSecret().secret)).toBe('UNAVAILABLE');
  Object.assign(there.get(key)!, { expiresAt: new Date(Date.now() - 1) });
  expect(await outcome(authorize, secret)).toBe('UNAUTHENTICATED');
});

test('who guesses keeps out nobody who has a token, known before or not', async () => {
  const authorize = authorizer({ isOpen: () => false, cache, attempts: new Attempts() });
  const [known, unknown] = [issue(), issue()];
  await outcome(authorize, known.secret, '192.0.2.1');
  for (let count = 0; count < 30; count++) {
    expect(await outcome(authorize, newSecret().secret, '192.0.2.1')).toBe('UNAUTHENTICATED');
  }
  expect(await outcome(authorize, newSecret().secret, '192.0.2.1')).toBe('RESOURCE_EXHAUSTED');
  expect(await outcome(authorize, 'of-another-form', '192.0.2.1')).toBe('RESOURCE_EXHAUSTED');
  expect(await outcome(authorize, known.secret, '192.0.2.1')).toMatchObject({ name: 'ci' });
  expect(await outcome(authorize, unknown.secret, '192.0.2.1')).toMatchObject({ name: 'ci' });
});

test('who guesses the static token is not told by it, and who had it before goes on', async () => {
  const adminToken = 'static-token';
  const authorize = authorizer({ adminToken, isOpen: () => false, cache, attempts: new Attempts() });
  expect(await outcome(authorize, adminToken, '192.0.2.1')).toMatchObject({ name: 'EGG_ADMIN_TOKEN' });
  for (const from of ['192.0.2.1', '192.0.2.2'])
    for (let count = 0; count < 30; count++) await outcome(authorize, `guess-${count}`, from);
  expect(await outcome(authorize, adminToken, '192.0.2.1')).toMatchObject({ name: 'EGG_ADMIN_TOKEN' });
  expect(await outcome(authorize, adminToken, '192.0.2.2')).toBe('RESOURCE_EXHAUSTED');
});
