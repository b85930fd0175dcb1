// The methods of tokens that are not every table's: a secret that is shown once, and a deletion that is over only when everybody knows.

import { setTimeout as delay } from 'node:timers/promises';
import type { AddTokenRequest, Token } from '@egg/contract/types/eggs';
import type { CallContext, Handlers } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import { type Commit, originOf, type View } from '@egg/store';
import { isValidAdmin } from '../domain/token.ts';
import { addToken } from '../tokens/add-token.ts';
import { settleTokens, type TokenParts } from '../tokens/settle.ts';

/** The methods. `onStop` is told how to end what goes on beside them. */
export async function tokenMethods(
  parts: TokenParts,
  onStop: (stop: () => Promise<void>) => void,
): Promise<Handlers> {
  const { table, access } = parts;
  await access.credentials.prepare();
  onStop(await settleTokens(parts));
  return {
    async Add(request: AddTokenRequest, context: CallContext) {
      const { deadline } = context;
      const { token, secret } = await addToken(request, {
        table,
        access,
        origin: originOf(context),
        deadline,
      });
      return { data: { ...token, ...(secret !== undefined && { secret }) } };
    },

    async Delete({ id }: { id: number }, context: CallContext) {
      const commit = await remove(parts, id, context);
      const before = commit?.changes[0]?.before;
      if (before) await access.credentials.revoke(before.key);
      // Until then some process may still take it for valid that read it a moment ago.
      await delay(access.forgetMs);
      return { data: { ...before, revision: commit?.revision } };
    },
  };
}

/** The commit that deletes it. Throws FAILED_PRECONDITION for the last token of an admin that is valid. */
async function remove(
  { table, known, access }: TokenParts,
  id: number,
  context: CallContext,
): Promise<Commit<Token> | undefined> {
  const { deadline } = context;
  for (;;) {
    const admins = known.admins();
    try {
      const { commit } = await table.submit({
        origin: originOf(context),
        deadline,
        ids: [id, ...admins],
        decide: (view) => {
          const token = view.existing(id);
          refuseMoved(token, context);
          if (!access.hasStaticAdmin) refuseLastAdmin(token, admins, view);
          view.remove(token);
          return { verb: 'deleted' };
        },
      });
      return commit;
    } catch (error) {
      // An admin token that came meanwhile was not looked at.
      const isStale = known.admins().some((admin) => !admins.includes(admin));
      if (!(error instanceof LastAdmin) || !isStale) throw error;
    }
  }
}

class LastAdmin extends RpcError {
  constructor() {
    super('FAILED_PRECONDITION', 'this is the last admin token that is valid: add another one first', {
      violations: [{ field: 'id', reason: 'is the last admin token that is valid' }],
    });
  }
}

function refuseLastAdmin(token: Token, admins: readonly number[], view: View<Token>): void {
  if (!isValidAdmin(token, view.at)) return;
  const isThere = admins.some((id) => {
    const other = id === token.id ? undefined : view.rowOf(id);
    return other && isValidAdmin(other, view.at);
  });
  if (!isThere) throw new LastAdmin();
}

function refuseMoved({ revision }: Token, { ifMatch }: CallContext): void {
  if (ifMatch === undefined || ifMatch === revision) return;
  throw new RpcError('ABORTED', `the record is at revision ${revision}, not ${ifMatch}`, {
    violations: [{ field: 'If-Match', reason: `the record is at revision ${revision}` }],
  });
}
