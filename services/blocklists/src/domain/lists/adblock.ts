// The part of the filter syntax of ad blockers that is about whole domains: `||name^` blocks a name and all below it, `||*.name^` all
// below it, `@@` before it allows. As AdGuard's DNS filters have it, a name alone and a line of a hosts file stand for that name.
// What says more than a domain can is refused. Source: adguard-dns.io/kb/general/dns-filtering-syntax.

import { isHostsLine, readHosts } from './hosts.ts';
import { type LineRules, nameAlone, NOTHING, refusedLine, type Rule, withoutComment } from './line.ts';

const DOMAIN_RULE = /^(@@)?\|\|(\*\.)?([^*|^$/\s]+)\^\|?$/;
const COSMETIC = /[^#\s]#[@?$%]{0,2}#|^#[@?$%]{0,2}#[^\s#]|\$@?\$/;

/** Whether only this format has such lines. */
export function isAdblockLine(text: string): boolean {
  return (
    text.startsWith('|') ||
    text.startsWith('@@') ||
    /[\^$]/.test(text) ||
    (!text.startsWith('#') && COSMETIC.test(text)) ||
    /^\/.*\/$/.test(text)
  );
}

/** Reads one line. */
export function readAdblock(line: string): LineRules {
  const text = line.trim();
  if (text === '' || text.startsWith('!') || /^\[.*\]$/.test(text)) return NOTHING;
  const rule = DOMAIN_RULE.exec(text);
  if (rule) {
    const [, allow, below, domain = ''] = rule;
    return {
      rules: [{ domain, match: below ? 'wildcard' : 'subdomains', action: allow ? 'allow' : 'block' }],
    };
  }
  if (COSMETIC.test(text)) return refusedLine('is a cosmetic rule');
  if (text.startsWith('#')) return NOTHING;
  if (isHostsLine(text)) return readHosts(text);
  const reason = refuseMore(withoutComment(text));
  return reason === undefined ? nameAlone(withoutComment(text)) : refusedLine(reason);
}

/** Why a text that is no rule about a domain is more than a name. */
function refuseMore(text: string): string | undefined {
  const pattern = text.replace(/^@@/, '');
  if (/^\/.*\/(?:\$.*)?$/.test(pattern)) return 'is a regular expression';
  if (pattern.includes('$')) return 'has modifiers';
  if (/^\|?[a-z]+:\/\//i.test(pattern)) return 'is about a URL';
  if (pattern.includes('/')) return 'has a path';
  if (/\*/.test(pattern.replace(/^(?:\|\|)?\*\./, ''))) return 'has a wildcard within a name';
  if (text.startsWith('@@')) return 'is an exception that is not of the form @@||name^';
  if (/[|^]/.test(pattern)) return 'is not of the form ||name^';
  return /\s/.test(pattern) ? 'is not a rule' : undefined;
}

/** Writes one rule; undefined for what the format cannot say. */
export function writeAdblock({ domain, match, action }: Rule): string | undefined {
  if (match === 'exact') return undefined;
  return `${action === 'allow' ? '@@' : ''}||${match === 'wildcard' ? '*.' : ''}${domain}^`;
}
