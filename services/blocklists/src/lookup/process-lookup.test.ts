// The lookup against the plainest way to decide, through any row of changes.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProcessBlock } from '@egg/contract/types/blocklists';
import { decideProcess } from '../domain/precedence.ts';
import { ProcessLookup, type ProcessRule } from './process-lookup.ts';

const HEX = 'ab'.repeat(32);
const process = fc.constantFrom('*', 'a.exe', 'A.EXE', 'C:\\x\\a.exe', 'c:\\X\\A.exe', '/usr/bin/b', 'b');
const signature = fc.constantFrom('*', `sha256:${HEX}`, `cert:${HEX}`, 'signer:S', 'team:T', 'a text');
const entry = fc.record({
  process,
  signature,
  action: fc.constantFrom('block' as const, 'allow' as const),
  enabled: fc.boolean(),
  expires_at: fc.option(
    fc.integer({ min: 1, max: 6 }).map((at) => new Date(at)),
    { nil: undefined },
  ),
});
const act = fc.tuple(fc.integer({ min: 1, max: 10 }), fc.option(entry, { nil: undefined, freq: 4 }));
const asked = fc.constantFrom(
  `SHA256:${HEX.toUpperCase()}`,
  `cert:${HEX}`,
  'signer:S',
  'team:T',
  'a text',
  'cert:1',
);

test('it decides as the plainest way does, after every change and at every moment', () => {
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 25 }),
      fc.array(fc.tuple(process, fc.array(asked, { maxLength: 3 })), { minLength: 1 }),
      (acts, checks) => {
        const lookup = new ProcessLookup();
        const model = new Map<number, ProcessRule>();
        for (const [id, wanted] of acts) {
          const before = model.get(id);
          const after = wanted && ({ id, ...wanted } as ProcessRule);
          if (after) model.set(id, after);
          else model.delete(id);
          const change = { ...(before && { before }), ...(after && { after }) };
          lookup.apply({ changes: [{ id, ...(change as { before?: ProcessBlock; after?: ProcessBlock }) }] });
          for (const [name, signatures] of checks) {
            for (const now of [new Date(0), new Date(3), new Date(7)]) {
              const { blocked, by, allowedBy } = lookup.decide(name, signatures, now);
              const wantedDecision = decideProcess(name, signatures, model.values(), now);
              expect({ blocked, by: by?.id, allowedBy: allowedBy?.id }).toEqual({
                blocked: wantedDecision.blocked,
                by: wantedDecision.by?.id,
                allowedBy: wantedDecision.allowedBy?.id,
              });
            }
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('an entry that was loaded newer than the log says is there once', () => {
  const lookup = new ProcessLookup();
  const [first, second] = [
    { id: 1, process: 'a', signature: '*', action: 'block', enabled: true },
    { id: 1, process: 'b', signature: '*', action: 'block', enabled: true },
  ] as [ProcessBlock, ProcessBlock];
  lookup.load(second);
  lookup.apply({ changes: [{ id: 1, after: first }] });
  lookup.apply({ changes: [{ id: 1, before: first, after: second }] });
  expect(lookup.decide('a', [], new Date()).blocked).toBe(false);
  expect(lookup.decide('b', [], new Date()).blocked).toBe(true);
  lookup.apply({ changes: [{ id: 1, before: second }] });
  expect(lookup.decide('b', [], new Date()).blocked).toBe(false);
});
