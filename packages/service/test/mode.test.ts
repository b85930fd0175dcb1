import { afterAll, describe, expect, test } from 'vitest';
import { quiet, testDatabase } from '@egg/testing';
import type { MethodContract } from '@egg/contract';
import { serviceAccess } from '../src/index.ts';
import { ServiceIdentity } from '../src/access/service-identity.ts';

// The mode is one for a database.
const [database, fresh, own] = await Promise.all([testDatabase(), testDatabase(), testDatabase()]);
const log = { ...quiet, debug: () => {}, info: () => {}, error: () => {} };
const started: { stop(): void }[] = [];
afterAll(() => started.forEach((one) => one.stop()));

function start(adminToken?: string) {
  const access = serviceAccess(database, { adminToken, log });
  started.push(access);
  return access;
}

const method = (...roles: string[]) => ({ path: '/s/M', roles }) as unknown as MethodContract;

describe('services among themselves', () => {
  test('know each other without anything that was configured', async () => {
    const [eggs, tasks] = [start(), start()];
    const authorization = await eggs.authorization('eggs');
    expect(await tasks.authorize(authorization, method('service'))).toEqual({
      name: 'service:eggs',
      role: 'service',
    });
  });

  test('may only read besides, and admins may not do what services do', async () => {
    const eggs = start();
    const authorization = await eggs.authorization('eggs');
    await expect(async () => eggs.authorize(authorization, method('operator'))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
    const closed = start('an-admin-token-of-a-test');
    await expect(async () =>
      closed.authorize('Bearer an-admin-token-of-a-test', method('service')),
    ).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  test('take no token that was changed or is of another time', async () => {
    const identity = new ServiceIdentity(Promise.resolve(database));
    const token = (await identity.authorization('eggs')).slice('Bearer '.length);
    expect(await identity.verify(token)).toBe('eggs');
    const [, expiry = ''] = /_eggs_(\d+)_/.exec(token) ?? [];
    for (const changed of [
      token.replace('_eggs_', '_tasks_'),
      token.replace(expiry, String(Number(expiry) + 3600)),
      token.slice(0, -1),
      `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`,
      'egg_service_',
    ]) {
      expect(await identity.verify(changed), changed).toBeUndefined();
    }
  });
});

test('it is open until it is closed, then closed for every process, also one that starts later', async () => {
  const make = () => {
    const access = serviceAccess(fresh, { log });
    started.push(access);
    return access;
  };
  const [one, two] = [make(), make()];
  expect([await one.isOpen(), await two.isOpen()]).toEqual([true, true]);
  await one.close();
  // Not even a question is asked any more: when `close` answers, everybody has to know.
  expect([await one.isOpen(), await two.isOpen()]).toEqual([false, false]);
  await expect(async () => two.authorize(undefined, method('viewer'))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  expect(await make().isOpen()).toBe(false);
});

test('a start with a static admin token closes the system for those without one, also later', async () => {
  const open = serviceAccess(own, { log });
  const closing = serviceAccess(own, { adminToken: 'an-admin-token-of-a-test', log });
  started.push(open, closing);
  expect(closing.isOpen()).toBe(false);
  await expect.poll(async () => open.isOpen()).toBe(false);
  const later = serviceAccess(own, { log });
  started.push(later);
  expect(await later.isOpen()).toBe(false);
});
