// The one form in which a domain is kept and compared: lower case, A-labels, no trailing dot. Takes what browsers and resolvers
// would look up, and says of the rest why it is no host name. Relies on Node's `domainToASCII`, the host parser of the WHATWG URL
// standard, which does UTS 46 (non-transitional, CheckHyphens off) but also more and less than that: see `mapped`.

import { domainToASCII } from 'node:url';
import { showCharacter } from './plain-text.ts';

export type DomainName =
  | { readonly ok: true; readonly domain: string; readonly wildcard: boolean }
  | { readonly ok: false; readonly reason: string };

/** Of a name, and of a label, in octets: RFC 1035 §2.3.4, without the root's length octet and the first label's. */
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
/** UTS 46 drops and joins characters, so a longer text can be a short name; but it need not be read without end. */
const LONGEST_TEXT = 1024;

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const PLAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** WHATWG URL, "ends in a number checker": what such a last label ends is an address or nothing. */
const LAST_IS_NUMBER = /(?:^|\.)(?:\d+|0x[\da-f]*)$/;
const NO_HOST_CHARACTER = /[^a-z0-9_.\-\u{80}-\u{10ffff}]/iu;

/**
 * The canonical form of a host name. A leading `*.` is taken off and told as `wildcard`. Never throws. A `reason` continues a
 * sentence: "domain has an empty label". The canonical form of a canonical form is itself.
 */
export function canonicalDomain(text: string): DomainName {
  if (isPlain(text)) return { ok: true, domain: text, wildcard: false };
  if (text === '') return refused('is empty');
  const wildcard = text.startsWith('*.');
  const name = wildcard ? text.slice(2) : text;
  const spelling = refuseSpelling(name);
  if (spelling) return refused(spelling);
  const ascii = toAscii(name);
  if (ascii === undefined) return refused('is not a valid internationalised name');
  // Only now, as UTS 46 also maps other full stops, such as U+3002, to a dot.
  const domain = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  const form = refuseForm(domain);
  return form ? refused(form) : { ok: true, domain, wildcard };
}

function refused(reason: string): DomainName {
  return { ok: false, reason };
}

/** Whether the text is canonical at a glance, as nearly every line of a list is: a regular expression, no parser. */
function isPlain(text: string): boolean {
  if (text.length > LONGEST_NAME || !PLAIN.test(text) || text.includes('xn--')) return false;
  const first = text.charCodeAt(text.lastIndexOf('.') + 1);
  return first < 0x30 || first > 0x39;
}

/** Says what else than a host name a text is, from its characters as they were written. */
function refuseSpelling(text: string): string | undefined {
  if (text.length > LONGEST_TEXT) return `is longer than ${LONGEST_NAME} characters`;
  // Before the rest, because the host parser silently drops tabs and line ends. Nothing is trimmed: who sends a name with a blank
  // may have sent more than a name.
  const blank = /[\s\p{Cc}]/u.exec(text);
  if (blank) return noHostCharacter(blank[0]);
  if (isAddress(text)) return 'is an address';
  if (isAddressRange(text)) return 'is a range of addresses';
  if (text.includes('@') && !/[/\\]/.test(text)) return 'is a URL or an e-mail address';
  if (/[/\\?#@]/.test(text)) return 'is a URL';
  if (/^[^:]+:\d*$/.test(text)) return 'has a port';
  return refuseCharacters(text);
}

function refuseCharacters(text: string): string | undefined {
  const character = NO_HOST_CHARACTER.exec(text)?.[0];
  if (character === '*') return 'has a "*" elsewhere than in a leading "*."';
  return character === undefined ? undefined : noHostCharacter(character);
}

function noHostCharacter(character: string): string {
  return `has a character that no host name has: ${showCharacter(character)}`;
}

/** Whether a text is an address in any spelling that a browser takes for one: `127.1`, `0x7f.1`, `017700000001`, `::1`, `[::1]:80`. */
function isAddress(text: string): boolean {
  if (!text.includes(':')) {
    const name = text.endsWith('.') ? text.slice(0, -1) : text;
    return (
      /^[\da-fx.]+$/i.test(name) && LAST_IS_NUMBER.test(name.toLowerCase()) && domainToASCII(name) !== ''
    );
  }
  // Bare, in brackets, with a port after them, with a zone (RFC 4007 §11).
  const inner = /^\[([^\]]*)\](?::\d*)?$/.exec(text)?.[1] ?? text;
  const address = inner.replace(/%.*$/, '');
  return /^[\da-f:.]+$/i.test(address) && domainToASCII(`[${address}]`) !== '';
}

function isAddressRange(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  return /^\d{1,3}$/.test(bits) && more.length === 0 && isAddress(address);
}

/** The name in lower case with A-labels; undefined if UTS 46 refuses it. */
function toAscii(name: string): string | undefined {
  if (!isAscii(name)) return mapped(name);
  // Of ASCII the map to lower case is all that UTS 46 does. A-labels are checked one by one: together they would also have to keep
  // the rules of RFC 5893 for names with letters from right to left, and a resolver that gets A-labels does not ask for that.
  const lower = name.toLowerCase();
  const valid = lower.split('.').every((label) => !label.startsWith('xn--') || mapped(label) === label);
  return valid ? lower : undefined;
}

/**
 * What UTS 46 maps a name to; undefined if it refuses it.
 *
 * What the host parser does beyond UTS 46 is kept out: `%41`, blanks, `/`, `?` and `#` are refused before, and behind another label
 * no name looks like an IPv4 address to it. That label also makes it check A-labels, which it passes over where all of a name is
 * ASCII: `xn--a` encodes nothing, `xn--abc-` what needs no encoding (UTS 46 §4, Processing, step 4).
 */
function mapped(name: string): string | undefined {
  const ascii = domainToASCII(`${name}.\u{e9}`);
  return ascii === '' ? undefined : ascii.slice(0, -'.xn--9ca'.length);
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** Says what is wrong with a name of ASCII, whose last dot is off. */
function refuseForm(domain: string): string | undefined {
  // Again, because the parser maps a full-width `*` or `$` to ASCII and lets it pass.
  const character = refuseCharacters(domain);
  if (character) return character;
  for (const label of domain.split('.')) {
    if (label === '') return 'has an empty label';
    if (label.length > LONGEST_LABEL) return `has a label of more than ${LONGEST_LABEL} characters`;
    if (label.startsWith('-') || label.endsWith('-')) return 'has a label that starts or ends with a hyphen';
  }
  if (domain.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  if (!LAST_IS_NUMBER.test(domain)) return undefined;
  return isAddress(domain) ? 'is an address' : 'ends in a number, as only an address does';
}
