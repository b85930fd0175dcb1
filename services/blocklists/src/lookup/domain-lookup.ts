// Answers from memory which entry of the list of domains decides on a name: a table of names with a byte of rules each, and one pass
// over the name from its end that asks for each of its suffixes. Held to `decideDomain` by its tests.

import type { DomainBlock } from '@egg/contract/types/blocklists';
import { ByteTable, type Commit, type Follower, HASH_START, hashByte, hashEnd, hashOf } from '@egg/store';
import type { DomainMatch } from '../domain/domain-block.ts';
import type { Action } from '../domain/precedence.ts';
import { ruleOf, RULES, SOME_EXPIRE } from './name-rules.ts';

type Entry = Pick<DomainBlock, 'domain' | 'match' | 'action' | 'enabled' | 'expires_at'>;

/** The key of the entry that decides. */
export interface DomainRule {
  readonly domain: string;
  readonly match: DomainMatch;
  readonly action: Action;
}

const DOT = 0x2e;
const LONGEST_NAME = 253;
/** Which rules of a name cover the name itself, and which the names below it. */
const ITSELF = { allow: mask('allow', 'wildcard'), block: mask('block', 'wildcard') };
const BELOW = { allow: mask('allow', 'exact'), block: mask('block', 'exact') };

export class DomainLookup implements Follower<DomainBlock> {
  readonly fields = ['enabled', 'expires_at'] as const;
  readonly #names = new ByteTable({ valueBytes: 1 });
  /** When an entry goes, in epoch milliseconds, by its name and one byte more: its rule. Of those alone that have an expiry. */
  readonly #expiries = new ByteTable({ valueBytes: 6 });
  readonly #scratch = new Uint8Array(LONGEST_NAME + 1);

  /** How many names have an entry that is enabled. */
  get size(): number {
    return this.#names.size;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return this.#names.bytes + this.#expiries.bytes;
  }

  load(entry: Entry): void {
    this.#put(entry);
  }

  /** What `before` had is taken away first, so that of entries that change places in one commit none is lost. */
  apply({ changes }: Pick<Commit<DomainBlock>, 'changes'>): void {
    for (const { before } of changes) if (before) this.#drop(before);
    for (const { after } of changes) if (after) this.#put(after);
  }

  /** The entry that decides on a canonical name at a time, in epoch milliseconds; undefined if none matches. */
  decide(name: string, now: number): DomainRule | undefined {
    const found = this.find(name, now);
    const rule = RULES[found & 7];
    return found < 0 || rule === undefined ? undefined : { domain: name.slice(found >> 3), ...rule };
  }

  /**
   * The same without an object: where in the name the deciding entry's domain begins, times 8, plus its place in `RULES`; -1 if no
   * entry matches.
   */
  find(name: string, now: number): number {
    const { length } = name;
    if (length > LONGEST_NAME) return -1;
    const bytes = this.#scratch;
    let hash = HASH_START;
    let allow = -1;
    let block = -1;
    for (let at = length - 1; at >= 0; at--) {
      const byte = name.charCodeAt(at);
      bytes[at] = byte;
      hash = hashByte(hash, byte);
      if (at > 0 && name.charCodeAt(at - 1) !== DOT) continue;
      let rules = this.#names.get(bytes, at, length, hashEnd(hash));
      if (rules === 0) continue;
      if (rules & SOME_EXPIRE) rules = this.#unexpired(rules, at, length, now);
      // A longer name is more specific, so what is found later stands in for what was found before.
      const covering = at === 0 ? ITSELF : BELOW;
      if (rules & covering.allow) allow = at * 8 + lowest(rules & covering.allow);
      if (rules & covering.block) block = at * 8 + lowest(rules & covering.block);
    }
    return allow === -1 ? block : allow;
  }

  /** Takes an entry in, with the expiry that it has now; one that is not enabled is not in force, and none at all here. */
  #put(entry: Entry): void {
    if (!entry.enabled) return;
    const [length, rule] = [this.#write(entry.domain), ruleOf(entry)];
    const hash = hashOf(this.#scratch, 0, length);
    let rules = this.#rulesWithout(rule, length, hash) | (1 << rule);
    if (entry.expires_at) {
      rules |= SOME_EXPIRE;
      this.#setExpiry(rule, length, entry.expires_at.getTime());
    }
    this.#names.set(this.#scratch, 0, length, hash, rules);
  }

  #drop(entry: Entry): void {
    const length = this.#write(entry.domain);
    const hash = hashOf(this.#scratch, 0, length);
    this.#names.set(this.#scratch, 0, length, hash, this.#rulesWithout(ruleOf(entry), length, hash));
  }

  /** The rules of the name in the scratch bytes, one of them taken away, and its expiry too. */
  #rulesWithout(rule: number, length: number, hash: number): number {
    const rules = this.#names.get(this.#scratch, 0, length, hash) & ~(1 << rule);
    if ((rules & SOME_EXPIRE) === 0) return rules;
    this.#setExpiry(rule, length, 0);
    const isExpiring = RULES.some((_, other) => this.#expiryOf(other, 0, length) !== 0);
    return isExpiring ? rules : rules & ~SOME_EXPIRE;
  }

  #setExpiry(rule: number, length: number, time: number): void {
    this.#scratch[length] = rule;
    const hash = hashOf(this.#scratch, 0, length + 1);
    this.#expiries.set(this.#scratch, 0, length + 1, hash, time === 0 ? 0 : clamp(time));
  }

  /** In epoch milliseconds; 0 for never. */
  #expiryOf(rule: number, at: number, length: number): number {
    this.#scratch[length] = rule;
    return this.#expiries.get(this.#scratch, at, length + 1, hashOf(this.#scratch, at, length + 1));
  }

  /** The rules of the name at `at` that are in force still. */
  #unexpired(rules: number, at: number, length: number, now: number): number {
    let left = rules;
    for (let rule = 0; rule < RULES.length; rule++) {
      const time = this.#expiryOf(rule, at, length);
      if (time !== 0 && time <= now) left &= ~(1 << rule);
    }
    return left;
  }

  /** A canonical name is ASCII. Into the scratch bytes; its length. */
  #write(name: string): number {
    for (let at = 0; at < name.length; at++) this.#scratch[at] = name.charCodeAt(at);
    return name.length;
  }
}

/** The bits of the rules of an action, without those of one match. */
function mask(action: Action, without: DomainMatch): number {
  return RULES.reduce(
    (bits, rule, index) => (rule.action === action && rule.match !== without ? bits | (1 << index) : bits),
    0,
  );
}

/** The place of the lowest bit. */
function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** A time that six bytes hold, and that is not 0, which means none. */
function clamp(time: number): number {
  return Math.min(Math.max(time, 1), 2 ** 48 - 1);
}
