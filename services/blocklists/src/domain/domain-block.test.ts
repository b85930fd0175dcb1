// An entry of the list of domains is prepared, or refused at the field at fault.

import { describe, expect, test } from 'vitest';
import { type DomainInput, prepareDomain } from './domain-block.ts';

test.each<[DomainInput, string, string]>([
  [{ domain: 'Example.org.' }, 'example.org', 'subdomains'],
  [{ domain: 'example.org', match: 'exact' }, 'example.org', 'exact'],
  [{ domain: 'example.org', match: 'wildcard' }, 'example.org', 'wildcard'],
  [{ domain: '*.example.org' }, 'example.org', 'wildcard'],
  [{ domain: '*.example.org', match: 'wildcard' }, 'example.org', 'wildcard'],
  [{ domain: 'com', match: 'exact' }, 'com', 'exact'],
  [{ domain: 'co.uk', force: true }, 'co.uk', 'subdomains'],
  [{ domain: '*.github.io', force: true }, 'github.io', 'wildcard'],
  [{ domain: 'internal' }, 'internal', 'subdomains'],
])('%j is taken', (input, domain, match) => {
  expect(prepareDomain(input)).toEqual({ ok: true, domain, match });
});

describe('refused', () => {
  test.each(['subdomains', 'exact'] as const)('"*." with the match %s', (match) => {
    expect(prepareDomain({ domain: '*.example.org', match })).toEqual({
      ok: false,
      field: 'match',
      reason: `is ${match}, but "*." in the domain means wildcard`,
    });
  });

  test.each<[DomainInput, string]>([
    [{ domain: 'com' }, 'com and all below it'],
    [{ domain: 'CO.UK.', match: 'subdomains' }, 'co.uk and all below it'],
    [{ domain: 'github.io', match: 'wildcard' }, 'all below github.io'],
    [{ domain: '*.ck', force: false }, 'all below ck'],
  ])('a public suffix, without force: %j', (input, covered) => {
    expect(prepareDomain(input)).toEqual({
      ok: false,
      field: 'domain',
      reason: `is a public suffix; send force: true to take ${covered}`,
    });
  });

  test('what is no host name, also by force', () => {
    expect(prepareDomain({ domain: '127.1', match: 'exact', force: true })).toEqual({
      ok: false,
      field: 'domain',
      reason: 'is an address',
    });
  });
});
