// What is known of a secret, how it is kept, and when it holds.

import type { Role } from '@egg/contract';
import { hashOf, type Secret } from './secret.ts';

/** What is known of a secret. */
export interface Credential {
  readonly key: string;
  /** SHA-256 of the whole secret. */
  readonly hash: Buffer;
  readonly role: Role;
  /** Of the token, or of the host. */
  readonly name: string;
  readonly expiresAt?: Date;
  /** The id of the host whose own it is. */
  readonly host?: number;
  /** How often it may still be used, if that is bounded. */
  readonly usesLeft?: number;
  /** No commit that names it is known yet: it does not hold. */
  readonly pending: boolean;
  readonly issuedAt: Date;
}

export interface Issue {
  readonly role: Role;
  readonly name: string;
  readonly expiresAt?: Date | undefined;
  /** How often it may be used. */
  readonly uses?: number | undefined;
}

export interface CredentialDocument {
  /** The key. */
  _id: string;
  /** Hex. */
  hash: string;
  role: Role;
  name: string;
  expires_at?: Date;
  host?: number;
  uses_left?: number;
  pending?: true;
  issued_at: Date;
}

/** A pending secret that is older than this has no commit any more that could come. */
export const PENDING_MS = 60 * 60 * 1000;

/** Whether a secret holds now: it was confirmed and has not expired. */
export function isHolding({ pending, expiresAt }: Credential, now = Date.now()): boolean {
  return !pending && (expiresAt === undefined || expiresAt.getTime() > now);
}

/** Whether the commit that would name a secret cannot come any more. */
export function isAbandoned({ pending, issuedAt }: Credential, now = Date.now()): boolean {
  return pending && now - issuedAt.getTime() > PENDING_MS;
}

/** How a new one is kept. */
export function documentOf(
  { key, secret }: Secret,
  { role, name, expiresAt, uses }: Issue,
): CredentialDocument {
  return {
    _id: key,
    hash: hashOf(secret).toString('hex'),
    role,
    name,
    ...(expiresAt && { expires_at: expiresAt }),
    ...(uses !== undefined && { uses_left: uses }),
    pending: true,
    issued_at: new Date(),
  };
}

/** The other way round. */
export function fromDocument(document: CredentialDocument): Credential {
  const { _id, hash, role, name, expires_at, host, uses_left, pending, issued_at } = document;
  return {
    key: _id,
    hash: Buffer.from(hash, 'hex'),
    role,
    name,
    ...(expires_at && { expiresAt: expires_at }),
    ...(host !== undefined && { host }),
    ...(uses_left !== undefined && { usesLeft: uses_left }),
    pending: pending === true,
    issuedAt: issued_at,
  };
}
