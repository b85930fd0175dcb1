// Which entry decides, in the plainest way: look at all entries, take the first in the order of precedence. The tables that answer
// checks fast are held to this.

import type { DomainMatch } from './domain-block.ts';
import { type Expiring, isInForce } from './in-force.ts';
import { ANY_PROCESS, baseName, isPath, processKey } from './process-name.ts';
import { ANY_SIGNATURE, canonicalSignature, type SignatureKind, signatureKind } from './signature.ts';

export type Action = 'block' | 'allow';

interface Entry extends Expiring {
  readonly id: number;
  readonly action: Action;
}

/** An entry of the list of domains; `domain` is canonical. */
export interface DomainEntry extends Entry {
  readonly domain: string;
  readonly match: DomainMatch;
}

/** An entry of the list of processes; `signature` is canonical. */
export interface ProcessEntry extends Entry {
  readonly process: string;
  readonly signature: string;
}

/** `by` is the block that decided, `allowedBy` the allow that did; neither where no entry matches. */
export interface Decision<E> {
  readonly blocked: boolean;
  readonly by?: E;
  readonly allowedBy?: E;
}

/** Exact is the narrowest; below a name, `wildcard` covers less than `subdomains`. */
const MATCHES: readonly DomainMatch[] = ['exact', 'wildcard', 'subdomains'];

/** The most specific first. As Santa has it: a binary, a certificate, a team. */
const KINDS: readonly SignatureKind[] = ['sha256', 'cert', 'signer', 'team', 'text', 'any'];

/**
 * Decides on a canonical name: an allow that matches wins over every block. Of several allows or blocks the most specific is named:
 * the longest domain, then `exact`, `wildcard`, `subdomains`, then the oldest.
 */
export function decideDomain<E extends DomainEntry>(
  name: string,
  entries: Iterable<E>,
  now: Date,
): Decision<E> {
  return first(entries, (entry) =>
    isInForce(entry, now) && coversDomain(entry, name)
      ? [allowFirst(entry), -entry.domain.length, MATCHES.indexOf(entry.match), entry.id]
      : undefined,
  );
}

/**
 * Decides on a process, a path or a base name, with all signatures that its binary has: the most specific entry decides, first by
 * the kind of its signature, then a named process before `*`; allow on a tie. Signatures that are malformed match nothing.
 */
export function decideProcess<E extends ProcessEntry>(
  process: string,
  signatures: readonly string[],
  entries: Iterable<E>,
  now: Date,
): Decision<E> {
  const path = processKey(process);
  const base = baseName(path);
  const known = new Set(
    signatures.map(canonicalSignature).flatMap((known) => (known.ok ? [known.signature] : [])),
  );
  return first(entries, (entry) => {
    if (!isInForce(entry, now)) return undefined;
    if (entry.signature !== ANY_SIGNATURE && !known.has(entry.signature)) return undefined;
    if (!coversProcess(entry, path, base)) return undefined;
    const kind = KINDS.indexOf(signatureKind(entry.signature));
    return [kind, entry.process === ANY_PROCESS ? 1 : 0, allowFirst(entry), entry.id];
  });
}

function coversDomain({ domain, match }: Pick<DomainEntry, 'domain' | 'match'>, name: string): boolean {
  if (name === domain) return match !== 'wildcard';
  return match !== 'exact' && name.endsWith(`.${domain}`);
}

function coversProcess(entry: ProcessEntry, path: string, base: string): boolean {
  if (entry.process === ANY_PROCESS) return true;
  return processKey(entry.process) === (isPath(entry.process) ? path : base);
}

function allowFirst({ action }: Entry): number {
  return action === 'allow' ? 0 : 1;
}

/** The entry whose place comes first decides; those without a place do not match. */
function first<E extends Entry>(
  entries: Iterable<E>,
  placeOf: (entry: E) => readonly number[] | undefined,
): Decision<E> {
  let best: { entry: E; place: readonly number[] } | undefined;
  for (const entry of entries) {
    const place = placeOf(entry);
    if (place && (!best || isBefore(place, best.place))) best = { entry, place };
  }
  if (!best) return { blocked: false };
  return best.entry.action === 'allow'
    ? { blocked: false, allowedBy: best.entry }
    : { blocked: true, by: best.entry };
}

function isBefore(place: readonly number[], other: readonly number[]): boolean {
  for (const [index, rank] of place.entries()) {
    const there = other[index] ?? rank;
    if (rank !== there) return rank < there;
  }
  return false;
}
