// Random commands from several writers at once, with an error, an unknown outcome or a death at any operation, held against the
// invariants of the design.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quiet, testDatabase, testName } from '@egg/testing';
import { RpcError } from '@egg/rpc/errors';
import type { Command, Outcome } from '../src/command.ts';
import { Table } from '../src/table.ts';
import { advance, listAll, readLog, replay, sorted, type Thing } from './algebra.ts';
import { type Fault, FAULTS, FaultyDatabase } from './faults.ts';

const database = await testDatabase();

type Act =
  | { kind: 'add'; name: number }
  | { kind: 'rename'; id: number; name: number }
  | { kind: 'delete'; id: number }
  | { kind: 'touch' }
  | { kind: 'add many'; names: number[] };

interface Step {
  act: Act;
  writer: number;
  key: number | undefined;
}

const name = fc.integer({ min: 0, max: 7 });
const id = fc.integer({ min: 1, max: 12 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), id, name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'touch' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add many' as const),
      names: fc.array(name, { minLength: 2, maxLength: 4 }),
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.record({
  act,
  writer: fc.integer({ min: 0, max: 2 }),
  key: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 3 }),
});
const faults = fc.array(fc.option(fc.constantFrom<Fault>(...FAULTS), { nil: undefined, freq: 3 }), {
  maxLength: 12,
});

function openThings(name: string, over: Pick<typeof database, 'collection'>): Promise<Table<Thing>> {
  return Table.open<Thing>({ name, key: ['name'], database: over, log: quiet });
}

function toCommand(table: Table<Thing>, { act, key }: Step, requestId: string): Command<Thing> {
  const fields = (of: number) => ({ name: `n${of}`, note: requestId });
  const named = 'name' in act ? [act.name] : 'names' in act ? act.names : [];
  return {
    origin: {
      actor: 'somebody',
      from: '',
      requestId,
      ...(key !== undefined && {
        idempotency: { key: `k${key}`, caller: 'c', route: act.kind, bodyHash: JSON.stringify(act) },
      }),
    },
    deadline: Date.now() + 2500,
    ids: 'id' in act ? [act.id] : [],
    keys: named.map((of) => table.keyOf(fields(of))),
    decide: (view) => {
      if (act.kind === 'add') view.add(fields(act.name));
      if (act.kind === 'rename') view.replace(view.existing(act.id), fields(act.name));
      if (act.kind === 'delete') view.remove(view.existing(act.id));
      if (act.kind === 'add many')
        for (const of of act.names) if (!view.same(fields(of))) view.add(fields(of));
      return { verb: act.kind, always: act.kind === 'touch' };
    },
  };
}

type Ended = { requestId: string } & ({ outcome: Outcome<Thing> } | { error: RpcError } | { died: true });

async function play(table: string, rounds: Step[][], plans: (Fault | undefined)[][]): Promise<Ended[]> {
  const ended: Ended[] = [];
  const late: Promise<unknown>[] = [];
  const writers = await Promise.all(plans.map((plan) => start(table, plan)));
  let requests = 0;
  for (const round of rounds) {
    const running = round.map(async (one): Promise<Ended> => {
      const requestId = `r${++requests}`;
      const { things, faulty } = writers[one.writer % writers.length] as Writer;
      const death = faulty.died.then(() => ({ requestId, died: true as const }));
      const done = things.submit(toCommand(things, one, requestId)).then(
        (outcome) => ({ requestId, outcome }),
        (error: RpcError) => ({ requestId, error }),
      );
      return Promise.race([done, death]);
    });
    ended.push(...(await Promise.all(running)));
    for (const [index, writer] of writers.entries()) {
      if (writer.faulty.dead) writers[index] = await start(table, []);
      late.push(...writer.faulty.late);
    }
  }
  await Promise.all(late);
  // One may have died since, at a write that it makes by itself: nothing of it ends any more.
  await Promise.all(writers.map(({ things, faulty }) => Promise.race([things.close(), faulty.died])));
  return ended;
}

interface Writer {
  things: Table<Thing>;
  faulty: FaultyDatabase;
}

async function start(table: string, plan: readonly (Fault | undefined)[]): Promise<Writer> {
  const faulty = new FaultyDatabase(database, plan);
  const things = await openThings(table, faulty);
  faulty.armed = true;
  return { things, faulty };
}

test('answered writes are there once, decided on the state before them, and the table is the fold of its log', async () => {
  const rounds = fc.array(fc.array(step, { minLength: 3, maxLength: 10 }), { minLength: 2, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(rounds, fc.array(faults, { minLength: 2, maxLength: 3 }), async (steps, plans) => {
      const name = testName();
      const ended = await play(name, steps, plans);
      const things = await openThings(name, database);
      const log = await readLog(things);
      const states = replay(log, (row) => things.keyOf(row));

      for (const one of ended) {
        const commits = log.filter(({ requestId }) => requestId === one.requestId);
        expect(commits.length, 'no command is there twice').toBeLessThanOrEqual(1);
        if ('outcome' in one && one.outcome.commit) {
          const { revision, commitId } = one.outcome.commit;
          expect(log[revision - 1]?.commitId, 'an answered write is there').toBe(commitId);
        }
        if ('error' in one) expect(one.error, String(one.error.stack)).toBeInstanceOf(RpcError);
        if ('error' in one && one.error.code !== 'UNAVAILABLE')
          expect(commits, one.error.message).toEqual([]);
      }
      const keyed = log.filter(({ idempotency }) => idempotency);
      const uses = keyed.map(({ idempotency }) => `${idempotency?.route} ${idempotency?.key}`);
      expect(new Set(uses).size, 'an idempotency key writes once').toBe(uses.length);

      const head = states.at(-1) ?? new Map<number, Thing>();
      expect(await listAll(things), 'the table is the fold').toEqual(sorted(head));
      expect(await listAll(things, { descending: true })).toEqual(sorted(head).reverse());
      for (const [n, from] of states.entries()) {
        expect(await listAll(things, { revision: n }), `the list at ${n}`).toEqual(sorted(from));
        for (const m of new Set([n, n + 1, n + 3, states.length - 1])) {
          const to = states[m];
          if (to && m >= n)
            expect(sorted(await advance(things, from, n, m)), `changes ${n} to ${m}`).toEqual(sorted(to));
        }
      }
      await things.close();
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 180_000);
