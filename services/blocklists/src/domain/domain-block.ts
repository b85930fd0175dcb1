// What an operator may put into the list of domains: the canonical name with its match, and not by mistake half of the internet.

import { canonicalDomain } from './domain-name.ts';
import { isPublicSuffix } from './public-suffix.ts';

/** How much of the tree of names an entry covers: the name and all below it, the name alone, all below it but not itself. */
export type DomainMatch = 'subdomains' | 'exact' | 'wildcard';

export interface DomainInput {
  /** As it was written; `*.name` means the match `wildcard`. */
  readonly domain: string;
  /** `subdomains` if not said. */
  readonly match?: DomainMatch | undefined;
  /** Take a public suffix with all below it. */
  readonly force?: boolean | undefined;
}

export type PreparedDomain =
  | { readonly ok: true; readonly domain: string; readonly match: DomainMatch }
  | { readonly ok: false; readonly field: 'domain' | 'match'; readonly reason: string };

/**
 * The domain and match that an entry is kept with, or the field at fault and why; a `reason` continues a sentence that begins with
 * the field. `*.name` with another match than `wildcard` contradicts itself and is refused.
 */
export function prepareDomain({ domain: text, match: said, force = false }: DomainInput): PreparedDomain {
  const name = canonicalDomain(text);
  if (!name.ok) return { ok: false, field: 'domain', reason: name.reason };
  const { domain, wildcard } = name;
  if (wildcard && said !== undefined && said !== 'wildcard') {
    return { ok: false, field: 'match', reason: `is ${said}, but "*." in the domain means wildcard` };
  }
  const match = said ?? (wildcard ? 'wildcard' : 'subdomains');
  if (match !== 'exact' && !force && isPublicSuffix(domain)) {
    const covered = match === 'wildcard' ? `all below ${domain}` : `${domain} and all below it`;
    return {
      ok: false,
      field: 'domain',
      reason: `is a public suffix; send force: true to take ${covered}`,
    };
  }
  return { ok: true, domain, match };
}
