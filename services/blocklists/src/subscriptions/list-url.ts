// What the address of a list has to be. Holds for the url of a subscription and for every redirect on the way to the list.

import { isIP } from 'node:net';
import type { RefuseAddress } from './addresses.ts';

export type ListUrl =
  { readonly url: URL; readonly reason?: never } | { readonly url?: never; readonly reason: string };

const LONGEST_URL = 2048;

/**
 * Reads an absolute url, or one relative to `base`. The reason continues a sentence that begins with the url. A host that is written
 * as an address, in any spelling, is held against `refuse` here; names are when they are resolved.
 */
export function readListUrl(text: string, refuse: RefuseAddress, base?: URL): ListUrl {
  if (text.length > LONGEST_URL) return { reason: `is longer than ${LONGEST_URL} characters` };
  const url = URL.parse(text, base?.href);
  if (!url) return { reason: 'is not a URL' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { reason: 'is not http or https' };
  if (url.username !== '' || url.password !== '') {
    return { reason: 'has a user or password in it, which lists and logs would show' };
  }
  const host = hostOf(url);
  const refused = isIP(host) === 0 ? undefined : refuse(host);
  return refused === undefined ? { url } : { reason: `has the host ${host}, which ${refused}` };
}

/** The host of a url; an address of IPv6 without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
