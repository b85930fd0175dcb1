import { describe, expect, test } from 'vitest';
import { isValidAdmin, readExpiry, tokenProblem } from './token.ts';

const now = new Date('2030-01-01T00:00:00Z');
const later = new Date('2030-01-01T00:00:01Z');

describe('a token', () => {
  test('expires in the future or never', () => {
    expect(tokenProblem({ name: 'a', role: 'viewer', expires_at: later }, now)).toBeUndefined();
    expect(tokenProblem({ name: 'a', role: 'viewer' }, now)).toBeUndefined();
    expect(tokenProblem({ name: 'a', role: 'viewer', expires_at: now }, now)).toMatchObject({
      field: 'expires_at',
    });
  });

  test('has uses only for enrolment', () => {
    expect(tokenProblem({ name: 'a', role: 'enroll', uses: 3 }, now)).toBeUndefined();
    for (const role of ['viewer', 'operator', 'admin']) {
      expect(tokenProblem({ name: 'a', role, uses: 3 }, now)).toMatchObject({ field: 'uses' });
    }
  });

  test('is not called what histories call who has none', () => {
    for (const name of ['anonymous', 'system', 'schedule', 'EGG_ADMIN_TOKEN']) {
      expect(tokenProblem({ name, role: 'viewer' }, now)).toMatchObject({ field: 'name' });
    }
    expect(tokenProblem({ name: 'admin', role: 'admin' }, now)).toBeUndefined();
  });

  test('is one of a valid admin until it expires', () => {
    expect(isValidAdmin({ role: 'admin' }, now)).toBe(true);
    expect(isValidAdmin({ role: 'admin', expires_at: later }, now)).toBe(true);
    expect(isValidAdmin({ role: 'admin', expires_at: now }, now)).toBe(false);
    expect(isValidAdmin({ role: 'operator' }, now)).toBe(false);
  });
});

describe('an expiry', () => {
  test.each([
    ['90m', '2030-01-01T01:30:00.000Z'],
    ['12h', '2030-01-01T12:00:00.000Z'],
    ['30d', '2030-01-31T00:00:00.000Z'],
    ['2w', '2030-01-15T00:00:00.000Z'],
    ['2031-02-03T04:05:06Z', '2031-02-03T04:05:06.000Z'],
    ['2031-02-03T04:05+01:00', '2031-02-03T03:05:00.000Z'],
  ])('%s is %s', (text, time) => {
    expect(readExpiry(text, now)?.toISOString()).toBe(time);
  });

  test.each(['', '30', 'd', '0d', '-1d', '1y', '2031-02-03', 'tomorrow', '2031-13-03T04:05:06Z', '1'])(
    '%j is none',
    (text) => {
      expect(readExpiry(text, now)).toBeUndefined();
    },
  );
});
