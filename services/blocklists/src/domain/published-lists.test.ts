// Lists as they are published are taken, at the speed that an import of a million names asks for.

import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { canonicalDomain } from './domain-name.ts';

const require = createRequire(import.meta.url);

/** How often each reason was given, for the message of an assertion. */
function refusals(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) {
    const result = canonicalDomain(name);
    if (!result.ok) counts[result.reason] = (counts[result.reason] ?? 0) + 1;
  }
  return counts;
}

test('all disposable domains', () => {
  const names = require('disposable-domains') as string[];
  expect(names.length).toBeGreaterThan(100_000);
  const refused = refusals(names);
  expect(refused, `refused of ${names.length}: ${JSON.stringify(refused)}`).toEqual({});
});

test('all phishing domains but the addresses among them', () => {
  const { blacklist, whitelist } = require('eth-phishing-detect/src/config.json') as Record<
    'blacklist' | 'whitelist',
    string[]
  >;
  const names = [...blacklist, ...whitelist];
  expect(names.length).toBeGreaterThan(10_000);
  const dotted = names.filter((name) => /^[\d.]+$/.test(name)).length;
  const refused = refusals(names);
  expect(refused, `refused of ${names.length}: ${JSON.stringify(refused)}`).toEqual({
    'is an address': dotted,
  });
});

test('a name that is canonical already costs well under 1 µs', () => {
  const names = (require('disposable-domains') as string[]).slice(0, 20_000);
  let fastest = Infinity;
  for (let round = 0; round < 20; round++) {
    const started = performance.now();
    for (const name of names) canonicalDomain(name);
    fastest = Math.min(fastest, performance.now() - started);
  }
  // About 0.15 µs where this was written; the bound is loose because other tests run beside it.
  expect((fastest * 1000) / names.length).toBeLessThan(1);
});
