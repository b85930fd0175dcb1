// Lookups of many names for measurements, without a database: names as lists have them, and a table that is filled with them.

import { DomainLookup } from './domain-lookup.ts';

const ENDS = ['com', 'net', 'org', 'io', 'xyz', 'info', 'top', 'ru', 'de', 'co.uk'];
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Different names, the same ones for the same seed: some 14 characters each, a third of them with a label before the domain. */
export function generatedNames(count: number, seed = 1): string[] {
  const random = randomNumbers(seed);
  const word = (least: number, most: number): string =>
    Array.from({ length: least + random(most - least + 1) }, () => LETTERS[random(LETTERS.length)]).join('');
  const names = new Set<string>();
  while (names.size < count) {
    const before = random(3) === 0 ? `${word(2, 6)}.` : '';
    names.add(`${before}${word(5, 12)}.${ENDS[random(ENDS.length)]}`);
  }
  return [...names];
}

/** A lookup that blocks each of the names with all below it. `bytes` and `size` say what it takes; `find` is what to measure. */
export function filledLookup(names: Iterable<string>): DomainLookup {
  const lookup = new DomainLookup();
  for (const domain of names) lookup.load({ domain, match: 'subdomains', action: 'block', enabled: true });
  return lookup;
}

/** Whole numbers below a bound (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
