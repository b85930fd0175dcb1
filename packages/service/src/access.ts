// Who may call what: a bearer token says who calls, a method's roles say who may. The same function serves the gateway and the
// services, so a role means the same over HTTP and gRPC.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { MethodContract, Role } from '@egg/contract';
import { type Authorize, type Caller, RpcError } from '@egg/rpc';

/** Each holds the ones before it. */
const LADDER: readonly Role[] = ['viewer', 'operator', 'admin'];
const BEARER = /^Bearer +([\x21-\x7e]+)$/i;
const ANYBODY: Caller = { name: 'anonymous', role: 'open' };
const OPEN_MODE: Caller = { name: 'anonymous', role: 'admin' };

/**
 * How calls are authorised. Without an admin token everything is open to everybody. With one, what is not `open` needs it:
 * UNAUTHENTICATED where it is missing or wrong, PERMISSION_DENIED where its role is not enough.
 */
export function makeAuthorize({ adminToken }: { adminToken?: string | undefined }): Authorize {
  if (adminToken === undefined) return () => OPEN_MODE;
  const expected = hash(adminToken);
  return (authorization, method) => {
    const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    // Hashes have one length and are compared in constant time, so the time says nothing of the token.
    if (token !== undefined && timingSafeEqual(hash(token), expected)) {
      const caller: Caller = { name: 'admin', role: 'admin' };
      checkRole(caller, method);
      return caller;
    }
    if (method.roles.includes('open')) return ANYBODY;
    throw new RpcError(
      'UNAUTHENTICATED',
      authorization === undefined ? 'a token is needed' : 'the token is not valid',
    );
  };
}

/** Throws PERMISSION_DENIED unless the caller has one of the method's roles. A method without any is for admins. */
export function checkRole(caller: Caller, method: MethodContract): void {
  const roles: readonly Role[] = method.roles.length > 0 ? method.roles : ['admin'];
  if (roles.some((role) => holds(caller.role, role))) return;
  throw new RpcError('PERMISSION_DENIED', `this needs the role ${roles.join(' or ')}`);
}

/** True if whoever has the role `held` has `wanted` by it. `enroll` and `host` hold nothing but themselves. */
export function holds(held: Role, wanted: Role): boolean {
  if (wanted === 'open' || held === wanted) return true;
  return LADDER.includes(wanted) && LADDER.indexOf(held) >= LADDER.indexOf(wanted);
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
