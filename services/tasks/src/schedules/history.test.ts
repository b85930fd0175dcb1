import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecisionDocument } from './documents.ts';
import { cursorOf, entriesOf, mergeTold, positionOf, START, type Told } from './history.ts';

/** Two lists, each in order of time. */
const lists = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 3 }),
      kind: fc.constantFrom('commit', 'one', 'two', 'none'),
    }),
  )
  .map((steps) => {
    const [commits, decisions]: [Told[], Told[]] = [[], []];
    let ms = 0;
    for (const { gapMs, kind } of steps) {
      const at = new Date((ms += gapMs));
      if (kind === 'commit') {
        const revision = commits.length + 1;
        commits.push({ entry: { revision, at, actor: 'a', verb: 'updated' }, behind: { revision } });
      } else decisions.push(...entriesOf(decision(decisions.length + 1, at, kind)));
    }
    return { commits, decisions };
  });

function decision(turn: number, at: Date, kind: string): DecisionDocument {
  const range = { count: 2, first: at, last: at };
  return {
    _id: `1:${turn}`,
    schedule: 1,
    turn,
    decided_at: at,
    last: at,
    ...(kind === 'two' && { missed: range }),
    ...(kind !== 'none' && { fires: { due: at, at }, state: 'fired', run_id: turn }),
  };
}

test('pages of any size are the whole history, in order of time', () => {
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 5 }), ({ commits, decisions }, limit) => {
      const whole = mergeTold(commits, decisions, { from: START, limit: Infinity }).entries;
      expect(whole).toHaveLength(commits.length + decisions.length);
      expect(whole.map(({ at }) => at.getTime())).toEqual(
        whole.map(({ at }) => at.getTime()).toSorted((a, b) => a - b),
      );
      const paged: unknown[] = [];
      for (let from = START; ;) {
        const page = mergeTold(
          commits.filter(({ behind }) => (behind.revision ?? 0) > from.revision),
          decisions.filter(
            ({ behind: { turn = 0, part = 0 } }) =>
              turn > from.turn || (turn === from.turn && part > from.part),
          ),
          { from, limit },
        );
        if (page.entries.length === 0) break;
        paged.push(...page.entries);
        from = positionOf(cursorOf(page.position));
      }
      expect(paged).toEqual(whole);
    }),
  );
});

test('what is not known yet is not told, and what is no cursor is refused', () => {
  const at = new Date();
  expect(entriesOf({ ...decision(1, at, 'one'), state: 'waiting' })).toEqual([]);
  expect(entriesOf(decision(1, at, 'none'))).toEqual([]);
  for (const cursor of ['', '1', '1-2', '1-2-3-4', '-1-2-3', '1-2-10', 'a-b-c'])
    expect(() => positionOf(cursor), cursor).toThrow(/cursor/);
});
