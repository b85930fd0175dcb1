import { describe, expect, test } from 'vitest';
import { answered, endDue, type Execution, type Known, reportsOf, take, tellsAt } from './work.ts';

const HOST = 7;
const options = { failurePercent: 0, crashPercent: 0, workMs: 1000 };
const given = (fields: Partial<Execution> = {}): Execution => ({
  id: `3-${HOST}`,
  attempt: 1,
  task: 'to 2.0.0',
  action: 'update',
  version: { egg: 'agent', version: '2.0.0' },
  timeout_seconds: 60,
  ...fields,
});

/** A check-in at a moment: what it tells, and what its answer's executions are to the host. */
function checkIn(work: Known[], nowMs: number, executions: Execution[] = [], settings = options) {
  const ended = endDue(work, nowMs, settings);
  const reports = reportsOf(work);
  answered(work);
  const taken = executions.map((one) => take(work, one, reports, { hostId: HOST, nowMs, options: settings }));
  return { ended, taken, told: reports.map(({ attempt, state }) => `${attempt} ${state}`) };
}

describe('a host that is given work', () => {
  test('tells that it runs, and when it is over how it ended, then ever less often', () => {
    const work: Known[] = [];
    expect(checkIn(work, 0, [given()]).taken).toMatchObject([{ kind: 'new' }]);
    expect(tellsAt(work, 5)).toBe(5);
    expect(checkIn(work, 5).told).toEqual(['1 running']);
    expect(tellsAt(work, 6)).toBeGreaterThanOrEqual(500);
    expect(checkIn(work, 10).told).toEqual([]);
    const told = Array.from({ length: 10 }, (_, turn) => checkIn(work, 2000 + turn).told.length);
    expect(told).toEqual([1, 1, 1, 0, 1, 0, 0, 0, 1, 0]);
    expect(tellsAt(work, 3000)).toBe(Infinity);
  });

  test('tells that it runs first, though it was over before it could tell', () => {
    const work: Known[] = [];
    checkIn(work, 0, [given()]);
    expect(checkIn(work, 5000).told).toEqual(['1 running']);
    expect(checkIn(work, 5001).told).toEqual(['1 succeeded']);
  });

  test('does not do it a second time when it is given again, and tells at once', () => {
    const work: Known[] = [];
    checkIn(work, 0, [given()]);
    checkIn(work, 1);
    checkIn(work, 2000);
    checkIn(work, 2001);
    checkIn(work, 2002);
    const again = checkIn(work, 2003, [given()]);
    expect([again.told, again.taken]).toMatchObject([[], [{ kind: 'again' }]]);
    expect(checkIn(work, 2004).told).toEqual(['1 succeeded']);
  });

  test('does a further attempt anew', () => {
    const work: Known[] = [];
    const failing = { ...options, failurePercent: 100 };
    checkIn(work, 0, [given()], failing);
    checkIn(work, 1, [], failing);
    expect(checkIn(work, 2000, [], failing).told).toEqual(['1 failed']);
    const next = checkIn(work, 3000, [given({ attempt: 2 })], failing);
    expect(next.taken).toMatchObject([{ kind: 'new', replaced: { attempt: 1 } }]);
    expect(checkIn(work, 3001).told).toEqual(['2 running']);
  });

  test('says nothing where it crashes, and refuses an update to nothing', () => {
    const work: Known[] = [];
    checkIn(work, 0, [given()], { ...options, crashPercent: 100 });
    expect([checkIn(work, 5000).told, tellsAt(work, 5000)]).toEqual([[], Infinity]);
    const { version: _version, ...bare } = given({ id: `4-${HOST}` });
    checkIn(work, 6000, [bare]);
    expect(checkIn(work, 6001).told).toEqual(['1 rejected']);
  });
});

describe('a host notices that it was given', () => {
  const wrongAfter = (first: Execution[], told: number, then: Execution): unknown => {
    const work: Known[] = [];
    checkIn(work, 0, first);
    for (let turn = 0; turn < told; turn++) checkIn(work, 2000 + turn);
    return checkIn(work, 3000, [then]).taken[0]?.kind;
  };

  test.for<[string, number, Execution]>([
    ['the work of another host', 0, given({ id: '3-8' })],
    ['work without an end in its id', 0, given({ id: '3' })],
    ['an attempt in answer to the report that it runs', 0, given()],
    ['an attempt in answer to the report of its end', 1, given()],
    ['an attempt that changed', 3, given({ timeout_seconds: 61 })],
  ])('%s', ([, told, then]) => {
    expect(wrongAfter([given()], told, then)).toBe('wrong');
  });

  test('an older attempt than before', () => {
    expect(wrongAfter([given({ attempt: 2 })], 3, given())).toBe('wrong');
  });
});
