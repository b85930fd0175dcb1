import { describe, expect, test } from 'vitest';
import type { MethodContract, Role } from '@egg/contract';
import { RpcError } from '@egg/rpc';
import { checkRole, holds, makeAuthorize } from '../src/index.ts';

const method = (...roles: Role[]) => ({ name: 'Add', path: '/s/Add', roles }) as unknown as MethodContract;
const token = 'a-token-of-the-admin';

function code(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof RpcError) return thrown.code;
    throw thrown;
  }
  return 'OK';
}

test('each role holds the ones before it; enroll and host stand apart, and a service reads', () => {
  const held = (role: Role) =>
    (['open', 'viewer', 'operator', 'admin', 'enroll', 'host', 'service'] as const).filter((wanted) =>
      holds(role, wanted),
    );
  expect(held('viewer')).toEqual(['open', 'viewer']);
  expect(held('operator')).toEqual(['open', 'viewer', 'operator']);
  expect(held('admin')).toEqual(['open', 'viewer', 'operator', 'admin']);
  expect(held('enroll')).toEqual(['open', 'enroll']);
  expect(held('host')).toEqual(['open', 'host']);
  expect(held('service')).toEqual(['open', 'viewer', 'service']);
  expect(held('open')).toEqual(['open']);
});

test('one of a method’s roles is enough, and a method without roles is for admins', () => {
  const as = (role: Role) => ({ name: 'x', role });
  expect(code(() => checkRole(as('host'), method('viewer', 'host')))).toBe('OK');
  expect(code(() => checkRole(as('enroll'), method('viewer', 'host')))).toBe('PERMISSION_DENIED');
  expect(code(() => checkRole(as('viewer'), method('operator')))).toBe('PERMISSION_DENIED');
  expect(code(() => checkRole(as('operator'), method()))).toBe('PERMISSION_DENIED');
  expect(code(() => checkRole(as('admin'), method()))).toBe('OK');
});

describe('with an admin token', () => {
  const authorize = makeAuthorize({ adminToken: token });

  test('the token opens what an admin may do', () => {
    expect(authorize(`Bearer ${token}`, method('operator'))).toEqual({
      name: 'EGG_ADMIN_TOKEN',
      role: 'admin',
    });
    expect(authorize(`bearer ${token}`, method('admin'))).toEqual({ name: 'EGG_ADMIN_TOKEN', role: 'admin' });
    expect(code(() => authorize(`Bearer ${token}`, method('host')))).toBe('PERMISSION_DENIED');
  });

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Basic ${token}`,
    token,
    `Bearer ${token}x`,
    `Bearer ${token} x`,
    'Bearer \u0000',
  ])('%j does not', (authorization) => {
    expect(code(() => authorize(authorization, method('viewer')))).toBe('UNAUTHENTICATED');
    expect(authorize(authorization, method('open'))).toEqual({ name: 'anonymous', role: 'open' });
  });
});

describe('without one', () => {
  const authorize = makeAuthorize({});

  test('everything is open', () => {
    expect(authorize(undefined, method('admin'))).toEqual({ name: 'anonymous', role: 'admin' });
    expect(authorize(undefined, method('viewer', 'host'))).toEqual({ name: 'anonymous', role: 'admin' });
  });

  test('but what only a host or a service may do, which a token has to name', () => {
    expect(() => authorize(undefined, method('host'))).toThrow('a host’s own token is needed');
    expect(code(() => authorize(undefined, method('service')))).toBe('UNAUTHENTICATED');
  });

  test('a token that is presented has to be right', () => {
    expect(code(() => authorize('Bearer anything', method('viewer')))).toBe('UNAUTHENTICATED');
    expect(code(() => authorize('Basic anything', method('viewer')))).toBe('UNAUTHENTICATED');
  });
});
