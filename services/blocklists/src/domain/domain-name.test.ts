// A domain has one form, and what is no host name is told why.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalDomain } from './domain-name.ts';

const CANONICAL =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

const label63 = 'x'.repeat(63);
const name253 = `${label63}.${label63}.${label63}.${'y'.repeat(61)}`;

/** Text that looks more like names, addresses and traps than random text does. */
const nearNames = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...Array.from('abxnXN09-_.*%/:@[]# \t\n。．１ßéÉıİς＊％：\u00ad\u200d\u200b\u0301\u202eא८ﬁ℀⒈'),
      ),
      fc.constantFrom('xn--', 'XN--', '*.', '0x', '127.', '..', 'xn--tda', 'क्\u200d', '\ud800', label63),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const anyText = fc.oneof(nearNames, fc.string({ unit: 'binary' }), fc.domain());

function reasonFor(text: string): string {
  const name = canonicalDomain(text);
  return name.ok ? `accepted as ${name.domain}` : name.reason;
}

describe('a host name is kept in one form', () => {
  test.each([
    ['example.org', 'example.org'],
    ['EXAMPLE.Org', 'example.org'],
    ['example.org.', 'example.org'],
    ['localhost', 'localhost'],
    ['com', 'com'],
    ['_dmarc.example.org', '_dmarc.example.org'],
    ['a_b_.example', 'a_b_.example'],
    ['ab--cd.example', 'ab--cd.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['bu\u0308cher.example', 'xn--bcher-kva.example'],
    ['XN--Bcher-KVA.example', 'xn--bcher-kva.example'],
    ['xn--tda.xn--bcher-kva', 'xn--tda.xn--bcher-kva'],
    ['faß.de', 'xn--fa-hia.de'],
    ['ẞ.de', 'xn--zca.de'],
    ['Σας.gr', 'xn--mxa8ab.gr'],
    ['☃.net', 'xn--n3h.net'],
    ['ｅｘａｍｐｌｅ。ｃｏｍ', 'example.com'],
    ['例え。jp。', 'xn--r8jz45g.jp'],
    ['exam\u00adple.com', 'example.com'],
    ['क्\u200dष.in', 'xn--11b2ezcw70k.in'],
    ['1.0.0.127.in-addr.arpa', '1.0.0.127.in-addr.arpa'],
    ['4chan.1x', '4chan.1x'],
    ['0xdead.beef', '0xdead.beef'],
    // Letters from right to left below a label that begins with a digit: not to be displayed, but in the DNS.
    ['1.xn--lgbbat1ad8j', '1.xn--lgbbat1ad8j'],
    [label63, label63],
    [name253, name253],
    [`${name253}.`, name253],
  ])('%s is %s', (text, domain) => {
    expect(canonicalDomain(text)).toEqual({ ok: true, domain, wildcard: false });
  });

  test.each([
    ['*.example.org', 'example.org'],
    ['*.Bücher.example.', 'xn--bcher-kva.example'],
    ['*.com', 'com'],
  ])('%s is the wildcard of %s', (text, domain) => {
    expect(canonicalDomain(text)).toEqual({ ok: true, domain, wildcard: true });
  });

  test('the form of a form is itself, and is one that the DNS can hold', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const name = canonicalDomain(text);
        if (!name.ok) return name.reason !== '';
        const again = canonicalDomain(name.domain);
        return CANONICAL.test(name.domain) && again.ok && again.domain === name.domain && !again.wildcard;
      }),
      { numRuns: 20_000 },
    );
  });

  test('case and a trailing dot make no difference', () => {
    fc.assert(
      fc.property(fc.domain(), (domain) => {
        expect(canonicalDomain(`${domain.toUpperCase()}.`)).toEqual(canonicalDomain(domain));
      }),
    );
  });
});

describe('what is no host name is refused with the reason', () => {
  test.each([
    ['', 'is empty'],
    ['.', 'has an empty label'],
    ['a..b', 'has an empty label'],
    ['.a', 'has an empty label'],
    ['a.org..', 'has an empty label'],
    ['*.', 'has an empty label'],
    ['\u00ad', 'has an empty label'],
    ['ü..b', 'has an empty label'],
    [`${label63}x.org`, 'has a label of more than 63 characters'],
    [`${'ü'.repeat(60)}.org`, 'has a label of more than 63 characters'],
    [`${name253}z`, 'is longer than 253 characters'],
    [`a.${name253}`, 'is longer than 253 characters'],
    ['z'.repeat(5000), 'is longer than 253 characters'],
    ['-a.org', 'has a label that starts or ends with a hyphen'],
    ['a-.org', 'has a label that starts or ends with a hyphen'],
    ['-', 'has a label that starts or ends with a hyphen'],
    ['xn--a', 'is not a valid internationalised name'],
    ['xn--', 'is not a valid internationalised name'],
    ['XN--abc-.org', 'is not a valid internationalised name'],
    ['xn--a-ecp.ru', 'is not a valid internationalised name'],
    ['a\u200db.org', 'is not a valid internationalised name'],
    ['\ud800.org', 'is not a valid internationalised name'],
    ['a／b', 'is not a valid internationalised name'],
    ['a.*', 'has a "*" elsewhere than in a leading "*."'],
    ['*', 'has a "*" elsewhere than in a leading "*."'],
    ['*a.org', 'has a "*" elsewhere than in a leading "*."'],
    ['*.*.org', 'has a "*" elsewhere than in a leading "*."'],
    ['＊.org', 'has a "*" elsewhere than in a leading "*."'],
    ['a b', 'has a character that no host name has: " "'],
    [' a', 'has a character that no host name has: " "'],
    ['a ', 'has a character that no host name has: " "'],
    ['a\tb', 'has a character that no host name has: U+0009'],
    ['a\n', 'has a character that no host name has: U+000A'],
    ['a\0', 'has a character that no host name has: U+0000'],
    ['a\u00a0b', 'has a character that no host name has: U+00A0'],
    ['\ufeffa', 'has a character that no host name has: U+FEFF'],
    ['%41.org', 'has a character that no host name has: "%"'],
    ['a"b', 'has a character that no host name has: "\\""'],
    ['||a.org^', 'has a character that no host name has: "|"'],
    ['a＄b', 'has a character that no host name has: "$"'],
  ])('%j %s', (text, reason) => {
    expect(reasonFor(text)).toBe(reason);
  });

  test.each(
    [
      '1.2.3.4 1.2.3.4. 127.1 127.1. 0x7f.1 0X7F.1 0177.0.0.1 2130706433 0 0x 0x7f000001 *.127.1',
      '１２７.0.0.1 127。0。0。1 ①②⑦.1 :: ::1 2001:DB8::1 [::1] [::1]:80 ::ffff:1.2.3.4 fe80::1%eth0',
    ].flatMap((line) => line.split(' ')),
  )('%s is an address', (text) => {
    expect(reasonFor(text)).toBe('is an address');
  });

  test.each(['1.2.3.256', '1.2.3.4.5', 'example.1', 'example.0x1', 'example.09', '4294967296'])(
    '%s is neither name nor address',
    (text) => {
      expect(reasonFor(text)).toBe('ends in a number, as only an address does');
    },
  );

  test.each([
    ['http://example.org', 'is a URL'],
    ['//example.org', 'is a URL'],
    ['example.org/path', 'is a URL'],
    ['example.org?q', 'is a URL'],
    ['example.org#part', 'is a URL'],
    ['example.org\\path', 'is a URL'],
    ['https://user@example.org:80/', 'is a URL'],
    ['user@example.org', 'is a URL or an e-mail address'],
    ['mailto:user@example.org', 'is a URL or an e-mail address'],
    ['face.de/12', 'is a URL'],
    ['10.0.0.0/8', 'is a range of addresses'],
    ['2001:db8::/32', 'is a range of addresses'],
    ['example.org:80', 'has a port'],
    ['1.2.3.4:80', 'has a port'],
    ['example.org:', 'has a port'],
    ['a:b', 'has a character that no host name has: ":"'],
  ])('%s %s', (text, reason) => {
    expect(reasonFor(text)).toBe(reason);
  });
});
