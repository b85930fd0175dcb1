// Which names are public suffixes: names below which strangers to each other register, so that blocking all below one is hardly ever
// meant. Relies on the Public Suffix List that tldts carries; a new list is a new version of it.

import { parse } from 'tldts';

/** The name is canonical already: tldts need not look for a host in it. */
const OPTIONS = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
  detectIp: false,
  mixedInputs: false,
} as const;

/**
 * Whether the Public Suffix List, its ICANN or its private part, names this canonical domain: `com`, `co.uk`, `github.io`, what a
 * wildcard rule covers (`anything.ck`) and the parent of one (`kawasaki.jp`), but not its exceptions (`www.ck`).
 *
 * The list's default rule (`*`: where no rule matches, the last label is a suffix) is left out: it exists to guess at new top-level
 * domains, and would refuse `localhost`, `internal` and `corp`, which are an operator's own names and theirs to block as a whole.
 */
export function isPublicSuffix(domain: string): boolean {
  const { publicSuffix, isIcann, isPrivate } = parse(domain, OPTIONS);
  return publicSuffix === domain && (isIcann === true || isPrivate === true);
}
