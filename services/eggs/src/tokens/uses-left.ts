// How often a token may still be used: kept with its secret, because it changes with every use, and shown beside its record.

import type { Token } from '@egg/contract/types/eggs';
import { Credentials } from '@egg/service';
import type { Database } from '@egg/store';

/** The tokens, and of those whose uses are bounded how many are left. */
export async function withUsesLeft(
  tokens: readonly Token[],
  database: Pick<Database, 'collection'>,
): Promise<readonly Token[]> {
  const keys = tokens.filter(({ uses }) => uses !== undefined).map(({ key }) => key);
  if (keys.length === 0) return tokens;
  const found = await new Credentials(database).findAll(keys);
  return tokens.map((token) => {
    const left = found.get(token.key)?.usesLeft;
    return left === undefined ? token : { ...token, uses_left: left };
  });
}
