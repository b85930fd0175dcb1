// What is measured is what is meant.

import { expect, test } from 'vitest';
import { canonicalDomain } from '../domain/domain-name.ts';
import { filledLookup, generatedNames } from './filled.ts';

test('generated names are different, canonical, and the same every time', () => {
  const names = generatedNames(20_000);
  expect(new Set(names).size).toBe(20_000);
  expect(names).toEqual(generatedNames(20_000));
  expect(generatedNames(10, 2)).not.toEqual(names.slice(0, 10));
  for (const name of names) expect(canonicalDomain(name)).toMatchObject({ ok: true, domain: name });
});

test('a filled lookup blocks its names and what is below them, in little room', () => {
  const names = generatedNames(20_000);
  const lookup = filledLookup(names);
  expect(names.every((name) => lookup.find(name, 0) >= 0 && lookup.find(`www.${name}`, 0) >= 0)).toBe(true);
  expect(generatedNames(1000, 3).filter((name) => lookup.find(name, 0) >= 0).length).toBeLessThan(10);
  expect(lookup.bytes / lookup.size).toBeLessThan(30);
});
