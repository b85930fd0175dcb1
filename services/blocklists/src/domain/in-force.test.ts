// An entry counts while it is enabled and not past its expiry.

import { expect, test } from 'vitest';
import { isInForce } from './in-force.ts';

const now = new Date('2026-01-01T00:00:00Z');

test.each([
  [{ enabled: true }, true],
  [{ enabled: false }, false],
  [{ enabled: true, expires_at: new Date(now.getTime() + 1) }, true],
  [{ enabled: true, expires_at: now }, false],
  [{ enabled: true, expires_at: new Date(now.getTime() - 1) }, false],
  [{ enabled: false, expires_at: new Date(now.getTime() + 1) }, false],
])('%j: %s', (entry, expected) => {
  expect(isInForce(entry, now)).toBe(expected);
});
