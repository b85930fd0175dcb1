// Brings the secrets in line with the tokens' records, whichever process made or lost them: what a record names holds, what none names
// does not. For each commit that this replica learns of, and all of them when it starts and now and then.

import { setTimeout as delay } from 'node:timers/promises';
import type { Role } from '@egg/contract';
import type { Token } from '@egg/contract/types/eggs';
import type { Log } from '@egg/rpc';
import { isAbandoned, type ServiceAccess } from '@egg/service';
import type { Commit, Table } from '@egg/store';
import type { KnownTokens } from './known-tokens.ts';

export interface TokenParts {
  readonly table: Table<Token>;
  readonly known: KnownTokens;
  readonly access: ServiceAccess;
  readonly log: Log;
}

const ROLES: readonly Role[] = ['viewer', 'operator', 'admin', 'enroll'];
const RETRY_MS = 500;
const SWEEP_MS = 10 * 60 * 1000;

/** Settles all that is there, and from then on whatever changes. Answers with how to end it. */
export async function settleTokens(parts: TokenParts): Promise<() => Promise<void>> {
  const { table, known, access, log } = parts;
  const stopping = new AbortController();
  const keys = new Set<string>();
  let running = Promise.resolve();
  let active = false;

  async function settleKeys(): Promise<void> {
    for (const key of keys) {
      await settleOne(parts, key);
      keys.delete(key);
    }
  }

  async function run(): Promise<void> {
    while (keys.size > 0 && !stopping.signal.aborted) {
      try {
        await settleKeys();
      } catch (error) {
        log.warn({ err: error }, 'the database does not take what became of a token, trying again');
        await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    active = false;
  }

  const take = ({ changes }: Commit<Token>): void => {
    for (const { before, after } of changes) {
      if (after?.role === 'admin') void access.close();
      for (const token of [before, after]) if (token) keys.add(token.key);
    }
    if (active) return;
    active = true;
    running = run();
  };

  const unfollow = table.onCommit(take);
  await settleAll(parts);
  const sweep = setInterval(() => {
    void settleAll(parts).catch((error: unknown) => log.warn({ err: error }, 'tokens are settled later'));
  }, SWEEP_MS);
  if (known.admins().length > 0) void access.close();
  return async () => {
    unfollow();
    clearInterval(sweep);
    stopping.abort();
    await running;
  };
}

/** Makes the secret of one key hold or not, as the records have it. Only for a key that a commit has named. */
async function settleOne({ known, access }: TokenParts, key: string): Promise<void> {
  if (known.has(key)) await access.credentials.confirm(key);
  else await access.credentials.revoke(key);
}

/** What is pending may have its commit yet: it is only taken away when it has none for long. */
async function settleAll({ table, known, access: { credentials } }: TokenParts): Promise<void> {
  for await (const batch of credentials.each(ROLES)) {
    // After the reading: whatever holds had its commit before.
    await table.follow();
    for (const credential of batch) {
      const { key, pending } = credential;
      if (known.has(key)) {
        if (pending) await credentials.confirm(key);
      } else if (!pending || isAbandoned(credential)) {
        await credentials.revoke(key);
      }
    }
  }
}
