// What a list of domains says about one name, in one byte: a bit for each match and action under which an entry is in force, and one
// that says that some of them have an expiry.

import type { DomainMatch } from '../domain/domain-block.ts';
import type { Action } from '../domain/precedence.ts';

const MATCHES: readonly DomainMatch[] = ['exact', 'wildcard', 'subdomains'];
const ACTIONS: readonly Action[] = ['allow', 'block'];

/** One of the six: a match and an action. In order of precedence among entries of one name: `allow` first, then the narrowest. */
export const RULES: readonly { readonly match: DomainMatch; readonly action: Action }[] = ACTIONS.flatMap(
  (action) => MATCHES.map((match) => ({ match, action })),
);

/** The place of a rule in `RULES`. */
export function ruleOf({ match, action }: { match: DomainMatch; action: Action }): number {
  return ACTIONS.indexOf(action) * MATCHES.length + MATCHES.indexOf(match);
}

export const SOME_EXPIRE = 1 << RULES.length;
