// Runs against a model: whatever hosts report, whoever dies wherever, each change of an execution is counted once, and nobody gets more
// work than the run allows.

import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadContract } from '@egg/contract';
import { testDatabase } from '@egg/testing';
import type { RunStrategy, WorkReplyWork } from '@egg/contract/types/tasks';
import { abortReason, ENDED_STATES, type ExecutionState, OPEN_STATES } from '../src/domain/progress.ts';
import { executions as executionsOf, runProgress } from '../src/runs/documents.ts';
import { contextMaker, systemOrigin } from '../src/runs/calls.ts';
import { isPending } from '../src/runs/reservations.ts';
import { type Replica, startReplica, startRun, type Step } from './runs-stage.ts';

const HOSTS = 8;
const STATES: readonly ExecutionState[] = [...OPEN_STATES, ...ENDED_STATES];
const STEPS: readonly Step[] = ['reserve', 'write', 'count', 'clear'];

const database = await testDatabase();
const [progress, executions] = [runProgress(database), executionsOf(database)];
const hosts = Array.from({ length: HOSTS }, (_, index) => ({
  id: index + 1,
  name: `host-${index + 1}`,
  platform: 'linux/amd64',
  labels: {},
  eggs: [],
}));
let aheadMs = 0;
const now = (): Date => new Date(Date.now() + aheadMs);
const replicas = [await startReplica({ database, hosts, now }), await startReplica({ database, hosts, now })];
afterAll(async () => {
  for (const replica of replicas) await replica.close();
});

interface CheckIn {
  readonly host: number;
  readonly replica: number;
  /** Of what was handed out, by the number of the attempt back from the last one. */
  readonly reports: readonly { readonly back: number; readonly state: string }[];
}

type Command =
  | { readonly do: 'check in'; readonly all: readonly CheckIn[] }
  | { readonly do: 'die' | 'meet'; readonly replica: number; readonly step: Step }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'look'; readonly replica: number }
  | { readonly do: 'all look' | 'all count' | 'all finish' }
  | { readonly do: 'pause' | 'resume' | 'cancel' };

const replica = fc.nat({ max: 1 });
const report = fc.record({
  back: fc.nat({ max: 1 }),
  state: fc.constantFrom('running', 'succeeded', 'failed', 'failed', 'rejected'),
});
const checkIn = fc.record({
  host: fc.integer({ min: 1, max: HOSTS }),
  replica,
  reports: fc.array(report, { maxLength: 2 }),
});
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('check in' as const),
      all: fc.array(checkIn, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('die' as const, 'meet' as const),
      replica,
      step: fc.constantFrom(...STEPS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(5, 15, 70) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('look' as const), replica }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('all look' as const, 'all count' as const, 'all finish' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'resume' as const) }),
  },
);
const strategy: fc.Arbitrary<Partial<RunStrategy>> = fc.record({
  max_in_flight: fc.integer({ min: 1, max: 5 }),
  max_attempts: fc.integer({ min: 1, max: 3 }),
  waves: fc.constantFrom<RunStrategy['waves']>(
    [{ percent: 100 }],
    [{ percent: 40, success_percent: 0 }, { percent: 100 }],
    [{ percent: 20, success_percent: 50 }, { percent: 60, success_percent: 50 }, { percent: 100 }],
  ),
});
const abort = fc.option(fc.constantFrom({ failure_percent: 50, min_executions: 2 }), { nil: undefined });
const ending = fc.constantFrom<'cancel' | 'ttl'>('cancel', 'ttl');

type Rules = Partial<RunStrategy>;

/** What a host was given, in order. */
type Given = Map<number, WorkReplyWork[]>;

class Watch {
  readonly #run: number;
  readonly #strategy: Partial<RunStrategy>;
  readonly #ended = new Map<string, ExecutionState>();
  #wave = 0;

  constructor(run: number, strategy: Partial<RunStrategy>) {
    this.#run = run;
    this.#strategy = strategy;
  }

  /** Everything that has to hold after each step, with what is under way taken into account. */
  async check(): Promise<void> {
    const at = await progress.findOne({ _id: this.#run });
    if (!at) throw new Error('there is no progress');
    const found = await executions.find({ run: this.#run }).toArray();
    const counts: Record<string, number> = { ...at.counts };
    for (const execution of found) {
      const { mark } = execution;
      if (!mark || !isPending(execution, at.reserved)) continue;
      if (mark.from !== undefined) counts[mark.from] = (counts[mark.from] ?? 0) - 1;
      counts[mark.to] = (counts[mark.to] ?? 0) + 1;
    }
    const seen = Object.fromEntries(
      STATES.map((state) => [state, found.filter((one) => one.state === state).length]),
    );
    expect(counts).toEqual(seen);
    const reserved = at.reserved.reduce((sum, { n }) => sum + n, 0);
    expect(at.in_flight).toBe(at.counts.sent + at.counts.running + reserved);
    const limit = this.#strategy.max_in_flight ?? Infinity;
    expect(at.in_flight).toBeLessThanOrEqual(limit);
    expect((seen['sent'] ?? 0) + (seen['running'] ?? 0)).toBeLessThanOrEqual(limit);
    expect(at.wave).toBeGreaterThanOrEqual(this.#wave);
    this.#wave = at.wave;
    for (const { _id, state, attempt, wave } of found) {
      expect(attempt).toBeLessThanOrEqual(this.#strategy.max_attempts ?? 1);
      if (at.state !== 'expiring' && state !== 'expired') expect(wave).toBeLessThanOrEqual(at.wave);
      const before = this.#ended.get(_id);
      if (before !== undefined) expect([_id, state]).toEqual([_id, before]);
      if ((ENDED_STATES as readonly string[]).includes(state)) this.#ended.set(_id, state);
    }
  }
}

function other(number: number): Replica {
  return replicas[1 - number] as Replica;
}

/** The ids of executions whose last change is not counted. */
async function uncounted(run: number): Promise<string[]> {
  const reserved = (await progress.findOne({ _id: run }))?.reserved ?? [];
  const found = await executions.find({ run }).toArray();
  return found.filter((one) => isPending(one, reserved)).map(({ _id }) => _id);
}

async function checkInAll(
  run: number,
  all: readonly CheckIn[],
  given: Given,
  { abort }: Rules,
): Promise<void> {
  const at = await progress.findOne({ _id: run });
  const mayHandOut = at?.state === 'running' && abortReason(abort, at.counts) === undefined;
  const before = await attemptsOf(run);
  await Promise.all(all.map((one) => checkInOne(run, one, given)));
  const after = await attemptsOf(run);
  // Nothing is handed out by a run that does not run; what was handed out before may be told again.
  const handedOut = [...after].filter(([id, attempt]) => attempt > (before.get(id) ?? 0));
  if (!mayHandOut) expect(handedOut).toEqual([]);
}

async function attemptsOf(run: number): Promise<Map<string, number>> {
  const found = await executions.find({ run }).toArray();
  return new Map(found.map(({ _id, attempt }) => [_id, attempt]));
}

async function checkInOne(
  run: number,
  { host: id, replica: number, reports }: CheckIn,
  given: Given,
): Promise<void> {
  const had = given.get(id) ?? [];
  const told = reports.flatMap(({ back, state }) => {
    const work = had.at(-1 - back);
    return work ? [{ id: work.id, attempt: work.attempt, state }] : [];
  });
  const host = hosts[id - 1];
  if (!host) return;
  const work = await replicas[number]?.work.find(host, told, Date.now() + 10_000).catch(() => []);
  for (const one of (work ?? []).filter((one) => one.id === `${run}-${id}`)) {
    const last = given.get(id)?.at(-1)?.attempt ?? 0;
    expect(one.attempt).toBeGreaterThanOrEqual(last);
    if (one.attempt > last) given.set(id, [...(given.get(id) ?? []), one]);
  }
}

async function follow(command: Command, run: number, given: Given, rules: Rules): Promise<void> {
  const [first] = replicas as [Replica, Replica];
  switch (command.do) {
    case 'check in':
      return checkInAll(run, command.all, given, rules);
    case 'die':
      return replicas[command.replica]?.dieAt(command.step);
    case 'meet':
      // The other one finds its batch and takes it for one that is left behind.
      return replicas[command.replica]?.before(command.step, () => other(command.replica).count(run));
    case 'wait':
      aheadMs += command.seconds * 1000;
      return;
    case 'look':
      return replicas[command.replica]?.look();
    case 'all look':
      await Promise.all(replicas.map((one) => one.look()));
      return;
    case 'all count':
      await Promise.all(replicas.map((one) => one.count(run)));
      // Whatever is written is counted now, whoever has died.
      expect(await uncounted(run)).toEqual([]);
      return;
    case 'all finish':
      await Promise.all(replicas.map((one) => one.finish(run)));
      return;
    case 'cancel':
      await first.runs.end(run, { state: 'cancelled' }, systemOrigin(), Date.now() + 10_000);
      return;
    default: {
      // As an operator does; one whose run has ended is told so.
      const context = contextMaker(loadContract())(systemOrigin(), Date.now() + 10_000);
      await first.runs[command.do](run, context).catch(() => undefined);
    }
  }
}

test('every change is counted once, limits hold, and what has ended stays, whoever dies wherever', async () => {
  await fc.assert(
    fc.asyncProperty(
      strategy,
      abort,
      fc.array(command, { minLength: 10, maxLength: 30 }),
      ending,
      async (limits, aborting, commands, end) => {
        const rules = { ...limits, ...(aborting && { abort: aborting }) };
        const [first, second] = replicas as [Replica, Replica];
        const { id } = await startRun(first, rules);
        await second.follow();
        for (const one of replicas) one.live();
        const [watch, given]: [Watch, Given] = [new Watch(id, rules), new Map()];
        for (const one of commands) {
          await follow(one, id, given, rules);
          await watch.check();
        }
        await finish(id, end, watch);
      },
    ),
    { numRuns: Number(process.env['EGG_MODEL_RUNS'] ?? 15) },
  );
}, 300_000);

/** Lets a run come to its end, and looks whether all adds up then. */
async function finish(run: number, end: 'cancel' | 'ttl', watch: Watch): Promise<void> {
  if (end === 'cancel') await follow({ do: 'cancel' }, run, new Map(), {});
  else aheadMs += 4000 * 1000;
  await expect
    .poll(
      async () => {
        for (const one of replicas) {
          await one.follow();
          await one.finish(run);
          await one.look();
        }
        aheadMs += 100_000;
        await watch.check();
        return (await progress.findOne({ _id: run }))?.settled;
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe(true);
  const [at, found] = [await progress.findOne({ _id: run }), await executions.find({ run }).toArray()];
  expect(at).toMatchObject({ in_flight: 0, reserved: [] });
  expect(found.every(({ open }) => open === undefined)).toBe(true);
  if (end === 'ttl' && at?.state !== 'aborted') expect(found).toHaveLength(HOSTS);
}
