// Addresses and networks, as those who may speak for others are named in the configuration.

import { BlockList, isIP } from 'node:net';

const IPV6 = 6;

/** Whether an address is in one of them, each an address or a network such as `10.0.0.0/8`. Throws a RangeError that names one that is neither. */
export function inNetworks(networks: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const text of networks) addNetwork(list, text);
  return (address) => {
    const family = isIP(address ?? '');
    return family !== 0 && list.check(address as string, family === IPV6 ? 'ipv6' : 'ipv4');
  };
}

function addNetwork(list: BlockList, text: string): void {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  const most = family === IPV6 ? 128 : 32;
  if (family === 0 || Number(bits ?? most) > most) throw new RangeError(`${text} is no address or network`);
  list.addSubnet(address, Number(bits ?? most), family === IPV6 ? 'ipv6' : 'ipv4');
}
