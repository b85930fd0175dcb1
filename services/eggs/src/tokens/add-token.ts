// Makes a token: its secret, which does not hold yet, then the commit that names it, then it holds. The same for the service and for who
// makes one on the machine.

import type { AddTokenRequest, Token } from '@egg/contract/types/eggs';
import { invalidField, RpcError } from '@egg/rpc/errors';
import type { Credentials, ServiceAccess } from '@egg/service';
import type { Commit, Fields, Origin, Table } from '@egg/store';
import { tokenProblem } from '../domain/token.ts';

export interface AddedToken {
  readonly token: Token;
  /** Absent where the request was a repeated one. */
  readonly secret?: string;
}

export interface AddTokenOptions {
  readonly table: Table<Token>;
  readonly access: Pick<ServiceAccess, 'credentials' | 'close'>;
  readonly origin: Origin;
  readonly deadline: number;
}

/**
 * Adds a token. When the first one of an admin is answered, the system is closed for all who have none. Throws ALREADY_EXISTS where the name
 * is taken, INVALID_ARGUMENT.
 */
export async function addToken(request: AddTokenRequest, options: AddTokenOptions): Promise<AddedToken> {
  const { table, access, origin, deadline } = options;
  const { credentials } = access;
  const earlier = await table.repeated(origin, deadline);
  if (earlier) return repeated(earlier);
  const problem = tokenProblem(request, new Date());
  if (problem) throw invalidField(problem.field, problem.reason);
  const { name, role, expires_at: expiresAt, uses } = request;
  const { key, secret } = await credentials.issue({ name, role, expiresAt, uses });
  const fields: Fields<Token> = {
    name,
    role,
    ...(expiresAt && { expires_at: expiresAt }),
    ...(uses !== undefined && { uses }),
    key,
  };
  const commit = await committed(options, fields).catch(async (error: unknown) => {
    // Where nobody knows what became of the commit, the secret is settled when it does or does not come.
    if (error instanceof RpcError && error.code !== 'UNAVAILABLE') await forget(credentials, key);
    throw error;
  });
  const added = repeated(commit);
  if (added.token.key !== key) {
    await forget(credentials, key);
    return added;
  }
  await credentials.confirm(key);
  if (role === 'admin') await access.close();
  return { ...added, secret };
}

/** What is not taken away now is pending, holds never, and goes later. */
async function forget(credentials: Credentials, key: string): Promise<void> {
  await credentials.revoke(key).catch(() => undefined);
}

async function committed(
  { table, origin, deadline }: AddTokenOptions,
  fields: Fields<Token>,
): Promise<Commit<Token>> {
  const { commit } = await table.submit({
    origin,
    deadline,
    decide: (view) => {
      view.add(fields);
      return { verb: 'added' };
    },
  });
  if (!commit) throw new Error('adding a token made no commit');
  return commit;
}

function repeated({ changes }: Commit<Token>): AddedToken {
  const token = changes[0]?.after;
  if (!token) throw new Error('the commit of a token has none');
  return { token };
}
