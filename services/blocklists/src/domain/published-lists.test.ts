// Lists as they are published are taken.

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
