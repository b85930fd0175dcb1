// Who may call what: a token says who calls, a method's roles say who may. The same function serves the gateway and the services, so a
// role means the same over HTTP and gRPC.

import type { MethodContract } from '@egg/contract';
import { type Authorize, type Caller, RpcError } from '@egg/rpc';
import type { Attempts } from './attempts.ts';
import type { CredentialCache } from './credential-cache.ts';
import { type Credential, isHolding } from './credential.ts';
import { checkRole, ownTokenReason } from './roles.ts';
import { hashOf, keyOf, sameHash } from './secret.ts';
import { isServiceToken, type ServiceIdentity } from './service-identity.ts';

const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i;
const ANYBODY: Caller = { name: 'anonymous', role: 'open' };
const OPEN_MODE: Caller = { name: 'anonymous', role: 'admin' };
/** No token that is made can be called so. */
const STATIC: Caller = { name: 'EGG_ADMIN_TOKEN', role: 'admin' };

export interface AuthorizeParts {
  /** The static admin token. */
  readonly adminToken?: string | undefined;
  /** Whether who has no token may do all. */
  readonly isOpen: () => boolean | Promise<boolean>;
  /** Without a database there are none. */
  readonly cache?: Pick<CredentialCache, 'lookup'>;
  readonly services?: Pick<ServiceIdentity, 'verify'>;
  readonly attempts?: Attempts;
}

/** Who has this token, at once where that is known. Throws RpcError: UNAUTHENTICATED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
export type Identify = (token: string, from: string | undefined) => Found | Promise<Found>;

export interface Found {
  readonly caller: Caller;
  /** Absent for what is no credential of the database. */
  readonly credential?: Credential;
}

/** How tokens are told. */
export function identifier({ adminToken, cache, services, attempts }: AuthorizeParts): Identify {
  const expected = adminToken === undefined ? undefined : hashOf(adminToken);

  function refuse(from: string | undefined, token: string): never {
    attempts?.check(from);
    attempts?.failed(from, token);
    throw new RpcError('UNAUTHENTICATED', 'the token is not valid');
  }

  return (token, from) => {
    const hash = hashOf(token);
    if (expected && sameHash(hash, expected)) {
      attempts?.checkGuess(from);
      return { caller: STATIC };
    }
    if (services && isServiceToken(token)) {
      return services.verify(token).then((service) => {
        if (service === undefined) refuse(from, token);
        return { caller: { name: `service:${service}`, role: 'service' } };
      });
    }
    // What is made here is too long to be guessed: a right one passes, whoever else at its address sends wrong ones.
    const key = keyOf(token);
    if (key === undefined || !cache) refuse(from, token);
    return then(cache.lookup(key), (credential) => {
      if (!credential || !sameHash(credential.hash, hash) || !isHolding(credential)) refuse(from, token);
      return { caller: callerOf(credential), credential };
    });
  };
}

/**
 * How calls are authorised. Throws UNAUTHENTICATED where a token is missing or wrong, PERMISSION_DENIED where its role is not enough,
 * RESOURCE_EXHAUSTED where too many wrong ones came from its address, UNAVAILABLE where only a database that is away could tell.
 */
export function authorizer(parts: AuthorizeParts): Authorize {
  const identify = identifier(parts);
  return (authorization, method, from) => {
    if (method.roles.includes('open')) return opened(parts, authorization);
    if (authorization === undefined) return withoutToken(parts, method);
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw new RpcError('UNAUTHENTICATED', 'the token is not valid');
    return then(identify(token, from), ({ caller }) => {
      checkRole(caller, method);
      return caller;
    });
  };
}

/** Without a database: the static token, or, where there is none, everything open to everybody. */
export function makeAuthorize({ adminToken }: { adminToken?: string | undefined }): Authorize {
  return authorizer({ adminToken, isOpen: () => adminToken === undefined });
}

/** For what everybody may call no token is looked up: it would only give whoever sends one something to try. */
function opened({ adminToken }: AuthorizeParts, authorization: string | undefined): Caller {
  const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  if (adminToken === undefined || token === undefined) return ANYBODY;
  return sameHash(hashOf(token), hashOf(adminToken)) ? STATIC : ANYBODY;
}

function withoutToken({ isOpen }: AuthorizeParts, method: MethodContract): Caller | Promise<Caller> {
  const reason = ownTokenReason(method);
  if (reason !== undefined) throw new RpcError('UNAUTHENTICATED', reason);
  return then(isOpen(), (open) => {
    if (open) return OPEN_MODE;
    throw new RpcError('UNAUTHENTICATED', 'a token is needed');
  });
}

function callerOf({ role, name, host }: Credential): Caller {
  if (role !== 'host') return { name, role };
  return { name: `host:${name}`, role, ...(host !== undefined && { host }) };
}

/** At once where it can be: most tokens are known, and then nobody waits. */
function then<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
