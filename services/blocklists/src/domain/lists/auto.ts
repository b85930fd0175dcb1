// Lines whose format nobody named. Each line tells its own format by its shape, so a file may hold several, as AdGuard's do: `{`
// begins a record, an address and a blank a line of a hosts file, `address=/` one of dnsmasq; `||`, `@@`, `^`, `$`, `##` within a
// line and `/…/` are an ad blocker's; the rest is a name. The one thing that is read otherwise than in a named format: a line that
// begins with `#` is always a comment, where in an ad blocker's list `##.banner` is a cosmetic rule; and `[…]` is always a header.

import { isAdblockLine, readAdblock } from './adblock.ts';
import { isDnsmasqLine, readDnsmasq } from './dnsmasq.ts';
import { isHostsLine, readHosts } from './hosts.ts';
import { isComment, type LineRules, NOTHING, withoutComment } from './line.ts';
import { readPlain } from './plain.ts';

/** Whether a line is a record as JSON. */
export function isRecordLine(line: string): boolean {
  return line.trimStart().startsWith('{');
}

/** Reads one line that is no record. */
export function readAuto(line: string): LineRules {
  const text = line.trim();
  if (isComment(text) || /^\[.*\]$/.test(text)) return NOTHING;
  if (isHostsLine(text)) return readHosts(text);
  if (isDnsmasqLine(text)) return readDnsmasq(text);
  return isAdblockLine(withoutComment(text)) ? readAdblock(withoutComment(text)) : readPlain(text);
}
