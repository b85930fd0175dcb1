// Access as one process has it: its mode, its tokens, what it lately read of both. Every process asks the database by itself, so nobody's
// token depends on another process being up.

import type { Authorize, Log } from '@egg/rpc';
import type { Database } from '@egg/store';
import { isLoopbackHost } from '../loopback.ts';
import { ConfigError } from '../variables.ts';
import { Attempts } from './attempts.ts';
import { authorizer, type Found, identifier, makeAuthorize } from './authorize.ts';
import { CACHE_MS, CredentialCache } from './credential-cache.ts';
import { Credentials } from './credentials.ts';
import { Mode } from './mode.ts';
import { ServiceIdentity } from './service-identity.ts';

export interface Access {
  readonly authorize: Authorize;
  /** Whether who has no token may do all. Throws UNAVAILABLE while the database does not say. */
  isOpen(): boolean | Promise<boolean>;
  /** Stops looking. The database stays open. */
  stop(): void;
}

/** What the services have of it besides. */
export interface ServiceAccess extends Access {
  readonly credentials: Credentials;
  /** Whether there is a static admin token. */
  readonly hasStaticAdmin: boolean;
  /** How long, in milliseconds, some process may still take a token for valid that was revoked. */
  readonly forgetMs: number;
  /** Closes the system: this process at once; when this answers, no process takes it for open any more. Never throws. */
  close(): Promise<void>;
  /**
   * Who has a token that came in the body of a request, such as one for enrolment. `from` is the caller's address, by which wrong ones
   * are counted. Throws UNAUTHENTICATED, RESOURCE_EXHAUSTED, UNAVAILABLE.
   */
  identify(token: string, from: string | undefined): Promise<Found>;
  /** The `authorization` of a call that a service of this system makes to another one now. Throws UNAVAILABLE. */
  authorization(service: string): Promise<string>;
}

export interface AccessOptions {
  readonly adminToken?: string | undefined;
  readonly log: Log;
}

/** The access of a process whose database may not be there yet. With a static admin token it is closed from the start. */
export function accessTo(database: Promise<Database>, { adminToken, log }: AccessOptions) {
  const credentials = database.then((there) => new Credentials(there));
  credentials.catch(() => undefined); // said by whoever opens it
  const mode = new Mode({ database, closed: adminToken !== undefined, log });
  const identity = new ServiceIdentity(database);
  const parts = {
    adminToken,
    isOpen: () => mode.isOpen(),
    cache: new CredentialCache(async (keys) => (await credentials).findAll(keys)),
    services: identity,
    attempts: new Attempts(),
  };
  return {
    authorize: authorizer(parts),
    isOpen: parts.isOpen,
    stop: () => mode.stop(),
    mode,
    identity,
    parts,
  };
}

/** The access of a service. */
export function serviceAccess(database: Database, options: AccessOptions): ServiceAccess {
  const { mode, identity, parts, ...access } = accessTo(Promise.resolve(database), options);
  const identify = identifier(parts);
  return {
    ...access,
    credentials: new Credentials(database),
    hasStaticAdmin: options.adminToken !== undefined,
    forgetMs: CACHE_MS,
    close: () => mode.close(),
    identify: async (token, from) => identify(token, from),
    authorization: (service) => identity.authorization(service),
  };
}

/** Access without a database, for tests and benchmarks: closed with a static admin token, open without one. */
export function fixedAccess({ adminToken }: { adminToken?: string | undefined }): Access {
  return {
    authorize: makeAuthorize({ adminToken }),
    isOpen: () => adminToken === undefined,
    stop: () => undefined,
  };
}

/**
 * Throws ConfigError, which names the variable, for an address that the open mode does not allow. On such an address a process does not
 * listen before it knows the mode, however long the database takes to say.
 */
export async function refuseOpenAddress(access: Access, variable: string, host: string): Promise<void> {
  if (isLoopbackHost(host) || !(await access.isOpen())) return;
  throw new ConfigError([
    `${variable} has to be a loopback address, not ${JSON.stringify(host)}, unless EGG_ADMIN_TOKEN is set or there has been an admin token`,
  ]);
}
