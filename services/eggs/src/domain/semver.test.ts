// Versions and ranges against what SemVer 2 and node-semver say of them.

import fc from 'fast-check';
import { compare, parse, satisfies, valid } from 'semver';
import { describe, expect, test } from 'vitest';
import facts from '../../test/fixtures/node-semver.json' with { type: 'json' };
import { compareVersions, inRange, isRange, isVersion } from './semver.ts';

/** The lists of the regular expression that semver.org proposes (https://regex101.com/r/vkijKf/1/), as facts. */
const VALID = `
0.0.4 1.2.3 10.20.30 1.1.2-prerelease+meta 1.1.2+meta 1.1.2+meta-valid 1.0.0-alpha 1.0.0-beta 1.0.0-alpha.beta 1.0.0-alpha.beta.1
1.0.0-alpha.1 1.0.0-alpha0.valid 1.0.0-alpha.0valid 1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay 1.0.0-rc.1+build.1
2.0.0-rc.1+build.123 1.2.3-beta 10.2.3-DEV-SNAPSHOT 1.2.3-SNAPSHOT-123 1.0.0 2.0.0 1.1.7 2.0.0+build.1848 2.0.1-alpha.1227
1.0.0-alpha+beta 1.2.3----RC-SNAPSHOT.12.9.1--.12+788 1.2.3----R-S.12.9.1--.12+meta 1.2.3----RC-SNAPSHOT.12.9.1--.12
1.0.0+0.build.1-rc.10000aaa-kk-0.1 99999999999999999999999.999999999999999999.99999999999999999 1.0.0-0A.is.legal
`.match(/\S+/g) as string[];

const INVALID = `
1 1.2 1.2.3-0123 1.2.3-0123.0123 1.1.2+.123 +invalid -invalid -invalid+invalid -invalid.01 alpha alpha.beta alpha.beta.1 alpha.1
alpha+beta alpha_beta alpha. alpha.. beta 1.0.0-alpha_beta -alpha. 1.0.0-alpha.. 1.0.0-alpha..1 1.0.0-alpha...1 1.0.0-alpha....1
1.0.0-alpha.....1 1.0.0-alpha......1 1.0.0-alpha.......1 01.1.1 1.01.1 1.1.01 1.2.3.DEV 1.2-SNAPSHOT
1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788 1.2-RC-SNAPSHOT -1.0.3-gamma+b7718 +justmeta 9.8.7+meta+meta 9.8.7-whatever+meta+meta
99999999999999999999999.999999999999999999.99999999999999999----RC-SNAPSHOT.12.09.1--------------------------------..12
`.match(/\S+/g) as string[];

describe('a version', () => {
  test.each(VALID)('%s is one', (text) => expect(isVersion(text)).toBe(true));

  test.each(INVALID)('%s is none', (text) => expect(isVersion(text)).toBe(false));

  test.each([
    '',
    ' ',
    'v1.2.3',
    '=1.2.3',
    ' 1.2.3',
    '1.2.3 ',
    '1.2.3\n',
    '1.2.3-',
    '1.2.3+',
    '1.2.3-+b',
    '1.2.3-ä',
    '１.2.3',
    '1.2.3-a b',
  ])('%j is none', (text) => expect(isVersion(text)).toBe(false));

  test('has at most 256 characters', () => {
    expect(isVersion(`1.0.0-${'a'.repeat(250)}`)).toBe(true);
    expect(isVersion(`1.0.0-${'a'.repeat(251)}`)).toBe(false);
  });
});

/** Versions as they come, many of them near each other. */
const number = fc.oneof({ weight: 4, arbitrary: fc.nat(3) }, fc.nat()).map(String);
const huge = fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String);
const word = fc.stringMatching(/^[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,2}$/);
const versionOf = (digits: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.tuple(digits, digits, digits),
      fc.array(fc.oneof(digits, word), { maxLength: 4 }),
      fc.array(fc.stringMatching(/^[0-9A-Za-z-]{1,3}$/), { maxLength: 2 }),
    )
    .map(([core, pre, build]) =>
      [
        core.join('.'),
        pre.length > 0 ? `-${pre.join('.')}` : '',
        build.length > 0 ? `+${build.join('.')}` : '',
      ].join(''),
    );
const version = versionOf(number);
const anyVersion = versionOf(fc.oneof(number, huge));

describe('precedence', () => {
  test('is that of the chain in the specification, of which every two are compared', () => {
    const chain =
      '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0 2.1.1'.split(
        ' ',
      );
    chain.forEach((a, i) =>
      chain.forEach((b, j) => expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j))),
    );
  });

  test.each(facts.greater)('%s is greater than %s', (a, b) => {
    expect(compareVersions(a, b)).toBeGreaterThan(0);
    expect(compareVersions(b, a)).toBeLessThan(0);
  });

  test.each(facts.equal)('%s is equal to %s', (a, b) => expect(compareVersions(a, b)).toBe(0));

  test('does not round numbers of any size', () => {
    const greater = [
      ['9007199254740993.0.0', '9007199254740992.0.0'],
      ['1.0.0-9007199254740993', '1.0.0-9007199254740992'],
      ['99999999999999999999999.0.1', '99999999999999999999999.0.0'],
      ['10000000000000000000000000.0.0', '9.0.0'],
    ] as const;
    for (const [a, b] of greater) expect(compareVersions(a, b)).toBeGreaterThan(0);
  });

  test('is what node-semver says, of all that it reads', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(isVersion(a)).toBe(true);
        expect(Math.sign(compareVersions(a, b))).toBe(compare(a, b));
      }),
      { numRuns: 5000 },
    );
  });

  test('orders all versions: one way, and without circles', () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, y)).toBeLessThanOrEqual(0);
        expect(compareVersions(y, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 3000 },
    );
  });

  test('a text is a version here exactly where it is one to node-semver, to the letter', () => {
    const piece = fc.constantFrom('0', '1', '01', '.', '..', '-', '+', 'a', 'v', ' ', '_', '10');
    const near = fc.array(piece, { maxLength: 4 }).map((pieces) => `1.0.${pieces.join('')}`);
    fc.assert(
      fc.property(fc.oneof(near, version), (text) => {
        const read = parse(text);
        const isSame = read !== null && text === text.trim() && valid(text) === text.replace(/\+.*$/, '');
        expect(isVersion(text)).toBe(isSame);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a range', () => {
  test.each(facts.included)('%j holds %s', (range, one) => {
    expect(isRange(range)).toBe(true);
    expect(inRange(one, range)).toBe(true);
  });

  test.each(facts.excluded)('%j does not hold %s', (range, one) => {
    expect(isRange(range)).toBe(true);
    expect(inRange(one, range)).toBe(false);
  });

  test.each(['blerg', '>=1.2.3 blerg', '1.2.3.4', '>', '1'.repeat(257), `1.0.0 ${' '.repeat(251)}`])(
    '%j is none, and holds nothing',
    (text) => {
      expect(isRange(text)).toBe(false);
      expect(inRange('1.2.3', text)).toBe(false);
    },
  );

  test('that is one version holds it and its builds, of any size', () => {
    const huge = '99999999999999999999999.999999999999999999.99999999999999999';
    expect(isRange(huge)).toBe(true);
    expect(inRange(huge, huge)).toBe(true);
    expect(inRange(`${huge}+build`, huge)).toBe(true);
    expect(inRange('1.0.0', huge)).toBe(false);
    expect(inRange('1.0.0-9007199254740993', '1.0.0-9007199254740992')).toBe(false);
  });

  test('of any release holds one that is too large to be compared, and no other range does', () => {
    const huge = '99999999999999999999999.0.0';
    for (const range of ['*', '', 'x', '1.0.0 || *']) expect(inRange(huge, range)).toBe(true);
    expect(inRange(`${huge}-rc.1`, '*')).toBe(false);
    expect(inRange(huge, '>=1.0.0')).toBe(false);
    expect(inRange('1.0.0-9007199254740993', '>=1.0.0-1')).toBe(false);
  });

  test('holds what node-semver says, of all versions that it reads', () => {
    const bound = fc.tuple(fc.constantFrom('', '>', '>=', '<', '<=', '^', '~', '='), version);
    const range = fc
      .array(bound, { minLength: 1, maxLength: 3 })
      .map((all) => all.map((one) => one.join('')).join(' '));
    fc.assert(
      fc.property(version, range, (one, range) => {
        expect(inRange(one, range)).toBe(satisfies(one, range));
      }),
      { numRuns: 3000 },
    );
  });
});
