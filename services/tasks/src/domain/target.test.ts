import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTarget, type TargetHost, type TargetInput } from './target.ts';

const host: TargetHost = {
  id: 7,
  platform: 'linux/amd64',
  labels: { env: 'prod', dc: 'a' },
  eggs: [
    { egg: 'agent', version: '1.4.0' },
    { egg: 'odd', version: '99999999999999999999.0.0' },
  ],
};

test.for<[string, TargetInput, boolean]>([
  ['nothing', {}, true],
  ['empty lists, which name nothing', { hosts: [], platforms: [], labels: {}, eggs: [] }, true],
  ['the host', { hosts: [3, 7] }, true],
  ['other hosts', { hosts: [3] }, false],
  ['its platform', { platforms: ['linux/amd64', 'darwin/arm64'] }, true],
  ['another platform', { platforms: ['darwin/arm64'] }, false],
  ['one of a label’s values', { labels: { env: ['lab', 'prod'] } }, true],
  ['two labels of which one holds', { labels: { env: ['prod'], dc: ['b'] } }, false],
  ['a label that the host has not', { labels: { rack: ['1'] } }, false],
  ['a label that every object has', { labels: { constructor: ['1'] } }, false],
  ['an egg', { eggs: [{ egg: 'agent' }] }, true],
  ['an egg in a range', { eggs: [{ egg: 'agent', versions: '>=1.2 <2' }] }, true],
  ['an egg in another range', { eggs: [{ egg: 'agent', versions: '<1.2' }] }, false],
  ['an egg that the host has not', { eggs: [{ egg: 'tool' }] }, false],
  [
    'a version that is too large to compare',
    { eggs: [{ egg: 'odd', versions: '99999999999999999999.0.0' }] },
    true,
  ],
  ['a range that is none', { eggs: [{ egg: 'agent', versions: 'nonsense' }] }, false],
])('a host matches a target that names %s or not', ([, target, expected]) => {
  expect(readTarget(target)(host)).toBe(expected);
});

test('all that is named has to hold: naming more never matches more', () => {
  const some: fc.Arbitrary<TargetInput> = fc.record(
    {
      hosts: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
      platforms: fc.array(fc.constantFrom('linux/amd64', 'darwin/arm64'), { maxLength: 2 }),
      labels: fc.dictionary(
        fc.constantFrom('env', 'dc'),
        fc.array(fc.constantFrom('prod', 'a', 'b'), { minLength: 1 }),
      ),
      eggs: fc.array(fc.record({ egg: fc.constantFrom('agent', 'tool') }), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(some, (target) => {
      const parts = Object.entries(target).map(([key, value]) => readTarget({ [key]: value })(host));
      expect(readTarget(target)(host)).toBe(parts.every(Boolean));
    }),
  );
});
