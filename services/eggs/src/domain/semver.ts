// Versions by SemVer 2.0.0 (semver.org) and ranges of them as node-semver reads them. The grammar and the precedence are our own,
// because that library refuses numbers beyond 2^53, rounds them in pre-releases, and takes what is no version (`v1.2.3`, ` 1.2.3`).

import { Range, validRange } from 'semver';

/** A version in the form in which it is compared. */
interface Precedence {
  /** Major, minor and patch, in digits. */
  readonly core: readonly string[];
  /** The identifiers of a pre-release; none in a release. */
  readonly pre: readonly string[];
}

/** In characters, of a version and of a range. */
const LONGEST = 256;

const NUMBER = '(?:0|[1-9]\\d*)';
const PRE = `(?:${NUMBER}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const BUILD = '[0-9A-Za-z-]+';
const VERSION = new RegExp(
  `^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${PRE}(?:\\.${PRE})*))?(?:\\+${BUILD}(?:\\.${BUILD})*)?$`,
);
const DIGITS = /^\d+$/;

/** Whether a text is a version to the letter. */
export function isVersion(text: string): boolean {
  return precedenceOf(text) !== undefined;
}

/** What of a version is compared; undefined if it is none. */
function precedenceOf(text: string): Precedence | undefined {
  const match = text.length <= LONGEST ? VERSION.exec(text) : null;
  if (!match) return undefined;
  const [, major = '', minor = '', patch = '', pre] = match;
  return { core: [major, minor, patch], pre: pre === undefined ? [] : pre.split('.') };
}

/**
 * Which of two versions comes first, as a sort wants it: negative, zero or positive, without rounding. Zero for versions that differ
 * in build metadata alone. What is no version comes before all that are, in the order of the text.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [precedenceOf(a), precedenceOf(b)];
  if (left && right) return comparePrecedence(left, right);
  if (left || right) return left ? 1 : -1;
  return compareText(a, b);
}

/** SemVer 2.0.0, 11. */
function comparePrecedence(a: Precedence, b: Precedence): number {
  for (const [index, number] of a.core.entries()) {
    const order = compareDigits(number, b.core[index] ?? '');
    if (order !== 0) return order;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (const [index, identifier] of a.pre.entries()) {
    const other = b.pre[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.pre.length - b.pre.length;
}

/** Whether a text is a range: what node-semver reads as one, or any one version. */
export function isRange(text: string): boolean {
  return text.length <= LONGEST && (isVersion(text) || validRange(text) !== null);
}

/**
 * Whether a version is in a range. As npm has it, a pre-release is only in a range that names a pre-release of the same
 * major.minor.patch. A version with a number beyond 2^53 is in the range that is that version, and, if it is a release, in those that
 * any release is in (`*`, `x`, the empty range); in no other. False for what is no version or no range.
 */
export function inRange(version: string, range: string): boolean {
  const wanted = precedenceOf(version);
  if (!wanted || range.length > LONGEST) return false;
  const exact = precedenceOf(range);
  if (exact) return comparePrecedence(wanted, exact) === 0;
  const read = readRange(range);
  if (!read) return false;
  if (isReadable(wanted)) return read.test(version);
  return wanted.pre.length === 0 && read.set.some((all) => all.every(({ value }) => value === ''));
}

/** In what node-semver compares without rounding. */
function isReadable({ core, pre }: Precedence): boolean {
  const numbers = [...core, ...pre.filter((identifier) => DIGITS.test(identifier))];
  return numbers.every((number) => Number.isSafeInteger(Number(number)));
}

function readRange(text: string): Range | undefined {
  try {
    return new Range(text);
  } catch {
    return undefined;
  }
}

/** Numeric identifiers are compared as numbers and come before others, which are compared as ASCII text. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [DIGITS.test(a), DIGITS.test(b)];
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return isNumber ? compareDigits(a, b) : compareText(a, b);
}

/** Digits without leading zeros: the longer number is the larger one. */
function compareDigits(a: string, b: string): number {
  return a.length === b.length ? compareText(a, b) : a.length - b.length;
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
