// The options of dnsmasq that block names with all below them: `address=/name/` with an address that leads nowhere or none, and
// `server=` and `local=` with no server. Source: dnsmasq(8).

import { isComment, type LineRules, NOTHING, refusedLine, type Rule, withoutComment } from './line.ts';

const OPTION = /^(?:--)?(address|server|local)=\/(.*)\/([^/]*)$/;
const NOWHERE = /^(?:|#|0\.0\.0\.0|127(?:\.\d{1,3}){3}|::1?)$/;

/** Whether only this format has such lines. */
export function isDnsmasqLine(text: string): boolean {
  return /^(?:--)?(?:address|server|local)=/.test(text);
}

/** Reads one line. */
export function readDnsmasq(line: string): LineRules {
  if (isComment(line.trim())) return NOTHING;
  const option = OPTION.exec(withoutComment(line));
  if (!option) return refusedLine('is not of the form address=/name/, server=/name/ or local=/name/');
  const [, kind, names = '', target = ''] = option;
  if (kind === 'address' && !NOWHERE.test(target)) {
    return refusedLine(`leads to ${target.slice(0, 64)}, which is no way to block a name`);
  }
  if (kind !== 'address' && target !== '') return refusedLine('names a server, and so does not block');
  const domains = names.split('/').map((name) => name.replace(/^\./, ''));
  if (domains.includes('#')) return refusedLine('is about every name');
  if (domains.includes('')) return refusedLine('is about names without a dot');
  return { rules: domains.map((domain) => ({ domain, match: 'subdomains', action: 'block' })) };
}

/** Writes one rule; undefined for what the format cannot say. `#` stands for both kinds of null address. */
export function writeDnsmasq({ domain, match, action }: Rule): string | undefined {
  return match === 'subdomains' && action === 'block' ? `address=/${domain}/#` : undefined;
}
