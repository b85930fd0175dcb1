// Which addresses a list may be fetched from. A subscription's url is given by whoever may write to the API, and the request is made
// from where this process stands: without this rule it would reach what only this machine and its network can.

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Says why nothing is fetched from an address, continuing a sentence that names it; undefined if it may be. */
export type RefuseAddress = (address: string) => string | undefined;

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Refuses every address that is not one of a host in the public internet, by the registries of special-purpose addresses of IANA
 * (RFC 6890). Addresses of IPv6 that carry one of IPv4 (mapped, NAT64, 6to4, Teredo) are refused too: they lead elsewhere than they
 * seem to.
 */
export const refuseSpecialAddress: RefuseAddress = (address) => {
  if (isIP(address) === 0) return 'is no address';
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (range !== 'unicast') return `is not a public address (${range})`;
  const isGlobal = parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
  return isGlobal ? undefined : 'is not a public address';
};

/** The rule of a process: special addresses are refused unless its configuration allows them. */
export function refusedBy({ allowPrivate }: { readonly allowPrivate: boolean }): RefuseAddress {
  return allowPrivate ? () => undefined : refuseSpecialAddress;
}
