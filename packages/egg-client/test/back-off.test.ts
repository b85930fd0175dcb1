// How long a host waits after failures.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiError, backOffMs } from '../src/api.ts';

test('the wait is bounded, doubles its bound from a second on, and is on top of what the server asks for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 0, max: 10_000_000 }),
      (failures, asked) => {
        const bound = Math.min(300_000, 1000 * 2 ** (failures - 1));
        const plain = backOffMs(failures);
        expect(plain).toBeGreaterThanOrEqual(0);
        expect(plain).toBeLessThanOrEqual(bound);
        const error = Object.assign(new ApiError('busy'), { retryAfterMs: asked });
        const honoured = Math.min(asked, 3_600_000);
        expect(backOffMs(failures, error)).toBeGreaterThanOrEqual(honoured);
        expect(backOffMs(failures, error)).toBeLessThanOrEqual(honoured + bound);
      },
    ),
  );
});

test('hosts that failed together do not come back together', () => {
  const waits = Array.from({ length: 1000 }, () => backOffMs(6));
  const early = waits.filter((wait) => wait < 16_000).length;
  expect(early).toBeGreaterThan(400);
  expect(early).toBeLessThan(600);
});
