// What each format takes a line for.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TextFormat } from './formats.ts';
import { READERS, WRITERS } from './formats.ts';
import type { Rule } from './line.ts';

/** As `block exact name`, or what is wrong. */
function said(format: TextFormat | 'auto', line: string): string[] {
  const read = READERS[format](line);
  if (read.reason !== undefined) return [`! ${read.reason}`];
  return read.rules.map(({ domain, match, action }) => `${action} ${match} ${domain}`);
}

const NOTHING: string[] = [];

/** Lines that mean the same in their own format and where the format is told line by line. */
const LINES: [format: TextFormat, line: string, expected: string[]][] = [
  ['plain', 'ads.example', ['block exact ads.example']],
  ['plain', '  ads.example\t# why', ['block exact ads.example']],
  ['plain', '*.ads.example', ['block wildcard ads.example']],
  ['plain', 'localhost', ['block exact localhost']],
  ['plain', '# a comment', NOTHING],
  ['plain', '! a comment', NOTHING],
  ['plain', '   ', NOTHING],
  ['plain', 'a.example b.example', ['! has more than one name']],
  ['hosts', '0.0.0.0 ads.example', ['block exact ads.example']],
  ['hosts', '127.0.0.1\tads.example  b.example # two', ['block exact ads.example', 'block exact b.example']],
  ['hosts', '127.0.53.53 ads.example', ['block exact ads.example']],
  ['hosts', ':: ads.example', ['block exact ads.example']],
  ['hosts', '::1 ads.example', ['block exact ads.example']],
  ['hosts', '0:0:0:0:0:0:0:0 ads.example', ['block exact ads.example']],
  ['hosts', '127.0.0.1 localhost localhost.localdomain', NOTHING],
  ['hosts', '127.0.0.1 LOCALHOST ads.example', ['block exact ads.example']],
  ['hosts', '255.255.255.255 broadcasthost', NOTHING],
  ['hosts', '::1 ip6-localhost ip6-loopback', NOTHING],
  ['hosts', 'fe80::1%lo0 localhost', NOTHING],
  ['hosts', 'ff00::0 ip6-mcastprefix', NOTHING],
  ['hosts', 'ff02::1 ip6-allnodes', NOTHING],
  ['hosts', '0.0.0.0 0.0.0.0', NOTHING],
  ['hosts', '192.168.1.9 nas.example', ['! leads to 192.168.1.9, which is no way to block a name']],
  ['adblock', '||ads.example^', ['block subdomains ads.example']],
  ['adblock', '||ads.example^|', ['block subdomains ads.example']],
  ['adblock', '||*.ads.example^', ['block wildcard ads.example']],
  ['adblock', '@@||ads.example^', ['allow subdomains ads.example']],
  ['adblock', '[Adblock Plus 2.0]', NOTHING],
  ['adblock', '! Title: ads', NOTHING],
  ['adblock', '||ads.example', ['! is not of the form ||name^']],
  ['adblock', '|ads.example^', ['! is not of the form ||name^']],
  ['adblock', '@@|ads.example^', ['! is an exception that is not of the form @@||name^']],
  ['adblock', '||ads.example^$third-party', ['! has modifiers']],
  ['adblock', '||ads.example^$important', ['! has modifiers']],
  ['adblock', '||ads.example^$badfilter', ['! has modifiers']],
  ['adblock', '@@||ads.example^$document', ['! has modifiers']],
  ['adblock', '||ads.example/banner^', ['! has a path']],
  ['adblock', '||ads.*.example^', ['! has a wildcard within a name']],
  ['adblock', '|http://ads.example^', ['! is about a URL']],
  ['adblock', '/ads[0-9]+/', ['! is a regular expression']],
  ['adblock', '/ads/$domain=a.example', ['! is a regular expression']],
  ['adblock', 'a.example##.banner', ['! is a cosmetic rule']],
  ['adblock', 'a.example#@#.banner', ['! is a cosmetic rule']],
  ['adblock', 'a.example#?#div:has(.ad)', ['! is a cosmetic rule']],
  ['adblock', 'a.example#$#body { color: red }', ['! is a cosmetic rule']],
  ['adblock', 'a.example#%#window.ads = 1', ['! is a cosmetic rule']],
  ['adblock', 'a.example$$script[data="ad"]', ['! is a cosmetic rule']],
  ['dnsmasq', 'address=/ads.example/0.0.0.0', ['block subdomains ads.example']],
  ['dnsmasq', 'address=/ads.example/#', ['block subdomains ads.example']],
  ['dnsmasq', 'address=/ads.example/', ['block subdomains ads.example']],
  ['dnsmasq', 'address=/ads.example/::', ['block subdomains ads.example']],
  [
    'dnsmasq',
    '--address=/a.example/b.example/#',
    ['block subdomains a.example', 'block subdomains b.example'],
  ],
  ['dnsmasq', 'server=/ads.example/', ['block subdomains ads.example']],
  ['dnsmasq', 'local=/.ads.example/ # why', ['block subdomains ads.example']],
  ['dnsmasq', 'server=/ads.example/9.9.9.9', ['! names a server, and so does not block']],
  ['dnsmasq', 'server=/ads.example/#', ['! names a server, and so does not block']],
  [
    'dnsmasq',
    'address=/ads.example/192.168.1.9',
    ['! leads to 192.168.1.9, which is no way to block a name'],
  ],
  ['dnsmasq', 'address=/#/0.0.0.0', ['! is about every name']],
  ['dnsmasq', 'address=//0.0.0.0', ['! is about names without a dot']],
];

test.each(LINES)('%s: %s', (format, line, expected) => {
  expect(said(format, line)).toEqual(expected);
  expect(said('auto', line), 'told by its shape').toEqual(expected);
});

describe('where the format decides', () => {
  test.each<[TextFormat | 'auto', string, string[]]>([
    ['adblock', '##.banner', ['! is a cosmetic rule']],
    ['adblock', '## a comment', NOTHING],
    ['adblock', '####', NOTHING],
    ['adblock', '# a comment', NOTHING],
    ['adblock', 'ads.example', ['block exact ads.example']],
    ['adblock', '0.0.0.0 ads.example', ['block exact ads.example']],
    ['auto', '##.banner', NOTHING],
    ['plain', '||ads.example^', ['block exact ||ads.example^']],
    ['hosts', 'ads.example', ['! does not begin with an address']],
    ['dnsmasq', 'ads.example', ['! is not of the form address=/name/, server=/name/ or local=/name/']],
    ['dnsmasq', 'log-queries', ['! is not of the form address=/name/, server=/name/ or local=/name/']],
    ['auto', 'ads.example # mail a@b.example$', ['block exact ads.example']],
  ])('%s: %s', (format, line, expected) => expect(said(format, line)).toEqual(expected));
});

test('what a format writes it reads as the same, in its own name and told by its shape', () => {
  const rule: fc.Arbitrary<Rule> = fc.record({
    domain: fc.domain(),
    match: fc.constantFrom('subdomains', 'exact', 'wildcard'),
    action: fc.constantFrom('block', 'allow'),
  });
  fc.assert(
    fc.property(rule, fc.constantFrom<TextFormat>('plain', 'hosts', 'adblock', 'dnsmasq'), (one, format) => {
      const line = WRITERS[format].write(one);
      if (line === undefined) return;
      expect(READERS[format](line)).toEqual({ rules: [one] });
      expect(READERS.auto(line)).toEqual({ rules: [one] });
    }),
  );
});

test('no line makes a reader fail', () => {
  const pieces = fc.constantFrom(
    '||',
    '@@',
    '^',
    '$',
    '#',
    '##',
    '/',
    '*',
    '.',
    ' ',
    '0.0.0.0',
    'a.example',
    '=',
    '[',
    ']',
  );
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(pieces).map((all) => all.join('')),
  );
  const format = fc.constantFrom<TextFormat | 'auto'>('plain', 'hosts', 'adblock', 'dnsmasq', 'auto');
  fc.assert(fc.property(line, format, (text, name) => void READERS[name](text)));
});
