// Which role holds which.

import type { MethodContract, Role } from '@egg/contract';
import { type Caller, RpcError } from '@egg/rpc';

/** Each holds the ones before it. */
const LADDER: readonly Role[] = ['viewer', 'operator', 'admin'];
/** What only a host or another service may do needs a token of its own, also where all else is open to everybody. */
const OWN_TOKEN: Partial<Record<Role, string>> = {
  host: 'a host’s own token is needed',
  service: 'a token of this system’s services is needed',
};

/** Throws PERMISSION_DENIED unless the caller has one of the method's roles. A method without any is for admins. */
export function checkRole(caller: Caller, method: MethodContract): void {
  const roles: readonly Role[] = method.roles.length > 0 ? method.roles : ['admin'];
  if (roles.some((role) => holds(caller.role, role))) return;
  throw new RpcError('PERMISSION_DENIED', `this needs the role ${roles.join(' or ')}`);
}

/** True if whoever has the role `held` has `wanted` by it. `enroll` and `host` hold nothing but themselves; a service reads. */
export function holds(held: Role, wanted: Role): boolean {
  if (wanted === 'open' || held === wanted) return true;
  if (held === 'service') return wanted === 'viewer';
  return LADDER.includes(wanted) && LADDER.indexOf(held) >= LADDER.indexOf(wanted);
}

/** Why nobody without a token can call the method, whatever the mode; undefined where that depends. */
export function ownTokenReason({ roles }: MethodContract): string | undefined {
  const [first] = roles;
  return first && roles.every((role) => role in OWN_TOKEN) ? OWN_TOKEN[first] : undefined;
}
