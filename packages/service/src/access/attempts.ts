// Failed attempts to get in, counted by address: who tries many tokens is guessing, and is told to wait. A client that goes on sending the
// same wrong token is not guessing, and is borne for longer. Memory is bounded in addresses and in tokens.

import { isIPv6 } from 'node:net';
import { RpcError } from '@egg/rpc';
import { hashOf } from './secret.ts';

/** In a window of one address: different wrong tokens, and wrong ones in all. */
const MOST_TOKENS = 30;
const MOST = 1000;
const WINDOW_MS = 60_000;
const MOST_ADDRESSES = 10_000;

interface Window {
  readonly startedMs: number;
  readonly tokens: Set<string>;
  count: number;
}

export class Attempts {
  readonly #windows = new Map<string, Window>();
  /** Addresses that had a token which can be guessed before they tried many. */
  readonly #knowing = new Set<string>();
  readonly #now: () => number;

  /** `now` is in milliseconds and never goes back. */
  constructor({ now = () => performance.now() }: { now?: () => number } = {}) {
    this.#now = now;
  }

  /** Throws RESOURCE_EXHAUSTED where too many attempts from this address have failed. Who has no address is not counted. */
  check(from: string | undefined): void {
    const window = from === undefined ? undefined : this.#windowOf(blockOf(from));
    if (!window || (window.tokens.size < MOST_TOKENS && window.count < MOST)) return;
    const waitMs = window.startedMs + WINDOW_MS - this.#now();
    throw new RpcError('RESOURCE_EXHAUSTED', 'too many wrong tokens came from this address', {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    });
  }

  /**
   * For a right token that is short enough to be guessed. Throws as `check` does, or whoever guesses would still be told by it, but for an
   * address that had it before.
   */
  checkGuess(from: string | undefined): void {
    if (from === undefined || this.#knowing.has(blockOf(from))) return;
    this.check(from);
    this.#knowing.add(blockOf(from));
    const [oldest] = this.#knowing;
    if (this.#knowing.size > MOST_ADDRESSES && oldest !== undefined) this.#knowing.delete(oldest);
  }

  /** Counts an attempt that failed with this token. */
  failed(from: string | undefined, token: string): void {
    if (from === undefined) return;
    const block = blockOf(from);
    const window = this.#windowOf(block) ?? this.#open(block);
    window.count++;
    if (window.tokens.size < MOST_TOKENS) window.tokens.add(hashOf(token).toString('base64', 0, 12));
  }

  #windowOf(block: string): Window | undefined {
    const window = this.#windows.get(block);
    if (window && this.#now() - window.startedMs < WINDOW_MS) return window;
    this.#windows.delete(block);
    return undefined;
  }

  #open(block: string): Window {
    const window: Window = { startedMs: this.#now(), tokens: new Set(), count: 0 };
    this.#windows.set(block, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > MOST_ADDRESSES && oldest !== undefined) this.#windows.delete(oldest);
    return window;
  }
}

/** Whoever has one address of IPv6 has its /64 (RFC 6177): the block is counted, not the address. */
function blockOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
