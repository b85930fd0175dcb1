// Of all entries that match, the right one decides.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Action,
  decideDomain,
  decideProcess,
  type Decision,
  type DomainEntry,
  type ProcessEntry,
} from './precedence.ts';

const now = new Date('2026-01-01T00:00:00Z');
const past = new Date('2025-12-31T23:59:59Z');
const hash = 'a'.repeat(64);

/** Entries in order of their ids, from lines such as `allow exact example.org`. */
function domains(lines: readonly string[]): DomainEntry[] {
  return lines.map((line, index) => {
    const [action, match, domain, state] = line.split(' ') as [
      Action,
      DomainEntry['match'],
      string,
      string | undefined,
    ];
    return { id: index + 1, action, match, domain, ...stateOf(state) };
  });
}

/** Entries in order of their ids, from lines such as `block curl sha256:…`. */
function processes(lines: readonly string[]): ProcessEntry[] {
  return lines.map((line, index) => {
    const [action, process, signature, state] = line.split(' ') as [
      Action,
      string,
      string,
      string | undefined,
    ];
    return { id: index + 1, action, process, signature, ...stateOf(state) };
  });
}

function stateOf(state: string | undefined): { enabled: boolean; expires_at?: Date } {
  return { enabled: state !== 'disabled', ...(state === 'expired' && { expires_at: past }) };
}

/** A decision in a word: `blocked by 1`, `allowed by 2`, `free`. */
function told(decision: Decision<{ id: number }>): string {
  expect(decision.blocked).toBe(decision.by !== undefined);
  if (decision.by) return `blocked by ${decision.by.id}`;
  return decision.allowedBy ? `allowed by ${decision.allowedBy.id}` : 'free';
}

describe('a domain', () => {
  test.each<[string, string[], string]>([
    ['example.org', [], 'free'],
    ['example.org', ['block subdomains example.org'], 'blocked by 1'],
    ['a.b.example.org', ['block subdomains example.org'], 'blocked by 1'],
    ['badexample.org', ['block subdomains example.org'], 'free'],
    ['org', ['block subdomains example.org'], 'free'],
    ['example.org', ['block exact example.org'], 'blocked by 1'],
    ['a.example.org', ['block exact example.org'], 'free'],
    ['example.org', ['block wildcard example.org'], 'free'],
    ['a.example.org', ['block wildcard example.org'], 'blocked by 1'],
    // An allow wins over every block, also over one that says more.
    ['a.example.org', ['block exact a.example.org', 'allow subdomains example.org'], 'allowed by 2'],
    ['example.org', ['block exact example.org', 'allow wildcard example.org'], 'blocked by 1'],
    ['a.example.org', ['allow subdomains org', 'allow exact a.example.org'], 'allowed by 2'],
    // The most specific block is named.
    ['a.example.org', ['block subdomains org', 'block subdomains example.org'], 'blocked by 2'],
    ['a.example.org', ['block subdomains a.example.org', 'block exact a.example.org'], 'blocked by 2'],
    ['a.example.org', ['block subdomains example.org', 'block wildcard example.org'], 'blocked by 2'],
    // What is not in force counts for nothing.
    ['example.org', ['block exact example.org disabled'], 'free'],
    ['example.org', ['block exact example.org expired'], 'free'],
    ['example.org', ['block exact example.org', 'allow exact example.org disabled'], 'blocked by 1'],
    ['example.org', ['block exact example.org', 'allow exact example.org expired'], 'blocked by 1'],
  ])('%s under %j is %s', (name, lines, expected) => {
    expect(told(decideDomain(name, domains(lines), now))).toBe(expected);
  });

  const label = fc.constantFrom('a', 'b', 'ab');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const entries = fc
    .array(
      fc.record({
        action: fc.constantFrom<Action[]>('block', 'allow'),
        domain: name,
        match: fc.constantFrom<DomainEntry['match'][]>('subdomains', 'exact', 'wildcard'),
        enabled: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    .map((list) => list.map((entry, index) => ({ ...entry, id: index + 1 })));

  test('does not depend on the order of the entries', () => {
    fc.assert(
      fc.property(name, entries, (checked, list) => {
        const reversed = [...list].reverse();
        expect(decideDomain(checked, reversed, now)).toEqual(decideDomain(checked, list, now));
      }),
    );
  });

  test('is never blocked where an allow in force matches, and always where only blocks do', () => {
    fc.assert(
      fc.property(name, entries, (checked, list) => {
        // The other way around: which pairs of name and match cover the name that is checked.
        const labels = checked.split('.');
        const covering = new Set([`${checked} exact`]);
        for (let from = 0; from < labels.length; from++) {
          covering.add(`${labels.slice(from).join('.')} subdomains`);
          if (from > 0) covering.add(`${labels.slice(from).join('.')} wildcard`);
        }
        const matching = list.filter(
          ({ domain, match, enabled }) => enabled && covering.has(`${domain} ${match}`),
        );
        const decision = decideDomain(checked, list, now);
        const allowed = matching.some(({ action }) => action === 'allow');
        expect(decision.blocked).toBe(matching.length > 0 && !allowed);
        expect(decision.allowedBy !== undefined).toBe(allowed);
      }),
    );
  });
});

describe('a process', () => {
  const every = [`sha256:${hash}`, `cert:${hash}`, 'signer:S', 'team:T', 'text'];

  test.each<[string, string[], string[], string]>([
    ['curl', [], [], 'free'],
    ['curl', [], ['block curl *'], 'blocked by 1'],
    ['/usr/bin/CURL', [], ['block Curl *'], 'blocked by 1'],
    ['C:\\bin\\Curl.exe', [], ['block curl.EXE *'], 'blocked by 1'],
    ['/usr/bin/curl', [], ['block /USR/bin/curl *'], 'blocked by 1'],
    ['/opt/curl', [], ['block /usr/bin/curl *'], 'free'],
    ['curl', [], ['block /usr/bin/curl *'], 'free'],
    ['/usr/bin/curl-7', [], ['block curl *'], 'free'],
    ['/curl/bin', [], ['block curl *'], 'free'],
    ['anything', [], ['block * *'], 'blocked by 1'],
    ['curl', [], [`block curl sha256:${hash}`], 'free'],
    ['curl', [`SHA256:${hash.toUpperCase()}`], [`block curl sha256:${hash}`], 'blocked by 1'],
    ['curl', ['signer:s'], ['block curl signer:S'], 'free'],
    ['curl', ['sha256:short', 'text'], ['block curl text'], 'blocked by 1'],
    // The kinds of signature, the more specific first.
    ['curl', every, [`block * sha256:${hash}`, `allow curl cert:${hash}`], 'blocked by 1'],
    ['curl', every, [`block * cert:${hash}`, 'allow curl signer:S'], 'blocked by 1'],
    ['curl', every, ['block * signer:S', 'allow curl team:T'], 'blocked by 1'],
    ['curl', every, ['block * team:T', 'allow curl text'], 'blocked by 1'],
    ['curl', every, ['block * text', 'allow curl *'], 'blocked by 1'],
    ['curl', every, ['block curl *', `allow * sha256:${hash}`], 'allowed by 2'],
    // Of the same kind a named process before any.
    ['curl', every, ['allow * team:T', 'block curl team:T'], 'blocked by 2'],
    ['curl', every, ['block * *', 'allow curl *'], 'allowed by 2'],
    // A tie: allow, also between a path and a base name, and between two signatures of a kind.
    ['curl', every, ['block curl *', 'allow curl *'], 'allowed by 2'],
    ['/usr/bin/curl', [], ['block /usr/bin/curl *', 'allow curl *'], 'allowed by 2'],
    ['curl', ['team:T', 'team:U'], ['block curl team:T', 'allow curl team:U'], 'allowed by 2'],
    ['curl', [], ['block Curl *', 'block curl *'], 'blocked by 1'],
    // What is not in force counts for nothing.
    ['curl', [], ['block curl * disabled'], 'free'],
    ['curl', every, [`allow curl sha256:${hash} expired`, 'block * *'], 'blocked by 2'],
  ])('%s with %j under %j is %s', (process, signatures, lines, expected) => {
    expect(told(decideProcess(process, signatures, processes(lines), now))).toBe(expected);
  });

  const signature = fc.constantFrom(...every, 'team:U', '*');
  const entries = fc
    .array(
      fc.record({
        action: fc.constantFrom<Action[]>('block', 'allow'),
        process: fc.constantFrom('*', 'a', 'A', '/b/a', 'b'),
        signature,
        enabled: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    .map((list) => list.map((entry, index) => ({ ...entry, id: index + 1 })));
  const checked = fc.record({
    process: fc.constantFrom('a', '/b/a', '/B/A', '\\c\\a', 'b', ''),
    signatures: fc.array(signature),
  });

  test('does not depend on any order', () => {
    fc.assert(
      fc.property(checked, entries, ({ process, signatures }, list) => {
        expect(decideProcess(process, [...signatures].reverse(), [...list].reverse(), now)).toEqual(
          decideProcess(process, signatures, list, now),
        );
      }),
    );
  });

  test('an entry that did not decide can go without a change', () => {
    fc.assert(
      fc.property(checked, entries, ({ process, signatures }, list) => {
        const decision = decideProcess(process, signatures, list, now);
        const decided = decision.by ?? decision.allowedBy;
        const alone = list.filter((entry) => entry === decided);
        expect(decideProcess(process, signatures, alone, now)).toEqual(decision);
      }),
    );
  });

  test('blocking one hash touches no binary of another', () => {
    fc.assert(
      fc.property(checked, entries, ({ process, signatures }, list) => {
        const one: ProcessEntry = {
          id: 99,
          action: 'block',
          process: '*',
          signature: `sha256:${'b'.repeat(64)}`,
          enabled: true,
        };
        expect(decideProcess(process, signatures, [...list, one], now)).toEqual(
          decideProcess(process, signatures, list, now),
        );
      }),
    );
  });
});
