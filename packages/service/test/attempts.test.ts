import { beforeEach, describe, expect, test } from 'vitest';
import { RpcError } from '@egg/rpc';
import { Attempts } from '../src/index.ts';

let nowMs = 0;
let attempts = new Attempts();
beforeEach(() => {
  nowMs = 5000;
  attempts = new Attempts({ now: () => nowMs });
});

/** In how many seconds to come again; undefined where attempts are taken. */
function refusedFor(from: string | undefined): number | undefined {
  try {
    attempts.check(from);
    return undefined;
  } catch (error) {
    if (error instanceof RpcError && error.code === 'RESOURCE_EXHAUSTED') return error.retryAfterSeconds;
    throw error;
  }
}

function guess(from: string, count: number): void {
  for (let index = 0; index < count; index++) attempts.failed(from, `guess ${index}`);
}

describe('who tries many tokens', () => {
  test('waits for the rest of a minute, and nobody else does', () => {
    guess('192.0.2.1', 29);
    expect(refusedFor('192.0.2.1')).toBeUndefined();
    nowMs += 10_000;
    attempts.failed('192.0.2.1', 'one more');
    expect(refusedFor('192.0.2.1')).toBe(50);
    expect(refusedFor('192.0.2.2')).toBeUndefined();
    nowMs += 50_000;
    expect(refusedFor('192.0.2.1')).toBeUndefined();
  });

  test('cannot go on from another address of the same IPv6 block', () => {
    guess('2001:db8:1:2::1', 30);
    expect(refusedFor('2001:db8:1:2:ffff:1:2:3')).toBeGreaterThan(0);
    expect(refusedFor('2001:db8:1:3::1')).toBeUndefined();
    guess('::1', 30);
    expect(refusedFor('0:0:0:0:0:0:0:2')).toBeGreaterThan(0);
  });
});

test('who sends the same wrong token again is borne for longer', () => {
  for (let count = 0; count < 999; count++) attempts.failed('192.0.2.1', 'misconfigured');
  expect(refusedFor('192.0.2.1')).toBeUndefined();
  attempts.failed('192.0.2.1', 'misconfigured');
  expect(refusedFor('192.0.2.1')).toBeGreaterThan(0);
});

test('who tries many is not told that one was right, but who had it before goes on', () => {
  attempts.checkGuess('192.0.2.1');
  guess('192.0.2.1', 30);
  guess('192.0.2.2', 30);
  expect(() => attempts.checkGuess('192.0.2.1')).not.toThrow();
  expect(() => attempts.checkGuess('192.0.2.2')).toThrow('too many wrong tokens');
  nowMs += 60_000;
  expect(() => attempts.checkGuess('192.0.2.2')).not.toThrow();
});

test('who has no address is not counted', () => {
  attempts.failed(undefined, 'x');
  attempts.checkGuess(undefined);
  expect(refusedFor(undefined)).toBeUndefined();
});

test('memory is bounded in addresses: the oldest are forgotten', () => {
  guess('192.0.2.1', 30);
  for (let index = 0; index < 10_000; index++)
    attempts.failed(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 'x');
  expect(refusedFor('192.0.2.1')).toBeUndefined();
});
