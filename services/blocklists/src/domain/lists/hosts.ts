// The format of /etc/hosts: an address that leads nowhere, then names that get it. Source: hosts(5); the customary names are those
// of macOS, Debian and the published lists.

import { isComment, type LineRules, NOTHING, refusedLine, type Rule, withoutComment } from './line.ts';

/** Addresses under which nobody answers, or only the host itself. */
const NOWHERE = /^(?:0\.0\.0\.0|127(?:\.\d{1,3}){1,3}|::1?|(?:0{1,4}:){7}0{0,3}[01]|0|::ffff:0\.0\.0\.0)$/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*(?:%\S+)?|0)$/i;

/** What stands in every hosts file, and blocks nothing. */
const CUSTOMARY = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost4',
  'localhost4.localdomain4',
  'localhost6',
  'localhost6.localdomain6',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
  '0.0.0.0',
]);

/** Whether a line begins as one of a hosts file does: with an address and a blank. */
export function isHostsLine(text: string): boolean {
  const blank = /\s/.exec(text);
  return blank !== null && ADDRESS.test(text.slice(0, blank.index));
}

/** Reads one line. */
export function readHosts(line: string): LineRules {
  if (isComment(line.trim())) return NOTHING;
  const [address = '', ...all] = withoutComment(line).split(/\s+/);
  if (!ADDRESS.test(address)) return refusedLine('does not begin with an address');
  const names = all.filter((name) => !CUSTOMARY.has(name.toLowerCase()));
  if (all.length === 0) return refusedLine('has an address and no name');
  if (names.length > 0 && !NOWHERE.test(address.toLowerCase())) {
    return refusedLine(`leads to ${address.slice(0, 64)}, which is no way to block a name`);
  }
  return { rules: names.map((domain) => ({ domain, match: 'exact', action: 'block' })) };
}

/** Writes one rule; undefined for what the format cannot say. */
export function writeHosts({ domain, match, action }: Rule): string | undefined {
  return match === 'exact' && action === 'block' ? `0.0.0.0 ${domain}` : undefined;
}
