// A list of a million names costs what one of a thousand costs: to add to, to page through at any depth, and to ask for changes. Both
// lists are there at once and are measured in turns, so that whatever else the machine does meets both.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { loadContract } from '@egg/contract';
import { connect } from '@egg/rpc';
import { byCallers, type Changes, type DomainEntry, quiet, type Stack, startStack } from '@egg/testing';

const { EGG_SOAK_NAMES = '1000000' } = process.env;
const SMALL = 1000;
const LARGE = Number(EGG_SOAK_NAMES);
const IN_FLIGHT = 512;
const ROUNDS = 9;
const SAMPLES = 20;
const MOST = 1.5;
const PAGE = 100;

const contract = loadContract();
const add = contract
  .service('egg.blocklists.v1.DomainBlockService')
  .methods.find(({ name }) => name === 'Add');
const [small, large] = await Promise.all([startStack(), startStack()]);

/** As long as names of real lists are, and in no order. */
function nameOf(index: number): string {
  const scattered = (index * 2_654_435_761) % 4_294_967_296;
  return `${scattered.toString(36)}-${index.toString(36)}.list${index % 97}.example`;
}

/** Adds the names by the service's own API, on the stream that the gateway has to it: the fastest way in that there is. */
async function fill(stack: Stack, count: number): Promise<number> {
  if (!add) throw new Error('the contract has no Add');
  const channel = connect({ address: stack.grpc[0] ?? '', log: quiet });
  const started = performance.now();
  const names = Array.from({ length: count }, (_, index) => nameOf(index));
  await byCallers(IN_FLIGHT, names, async (domain) => {
    await channel.unary(add, add.request.encode({ domain }), { deadline: Date.now() + 60_000 });
  });
  channel.close();
  return Math.round((count / (performance.now() - started)) * 1000);
}

/** What is measured of a list, each a request that answers well. */
interface Subject {
  readonly stack: Stack;
  readonly size: number;
  readonly cursor: string;
  readonly head: number;
}

async function subject(stack: Stack, size: number): Promise<Subject> {
  const counters = await stack.http.get<{ value: number }[]>('/counter/list?field=counter_for_domain');
  let cursor = '';
  for (let passed = 0; passed < size / 2; passed += Math.min(1000, size / 2)) {
    const limit = Math.min(1000, size / 2);
    const from = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    cursor = (await stack.http.get(`/domain/list?limit=${limit}${from}`)).body.next_cursor ?? '';
  }
  return { stack, size, cursor, head: counters.body.data[0]?.value ?? 0 };
}

let fresh = 0;
const MEASURES: Readonly<Record<string, (subject: Subject) => Promise<void>>> = {
  'domain/add': async ({ stack }) => {
    const { body } = await stack.http.post('/domain/add', { domain: `fresh-${fresh++}.example` });
    expect(body.status).toBe(0);
  },
  'domain/list deep inside': async ({ stack, cursor }) => {
    const { body } = await stack.http.get<DomainEntry[]>(
      `/domain/list?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`,
    );
    expect(body.data).toHaveLength(PAGE);
  },
  'domain/changes of the last 100': async ({ stack }) => {
    const counters = await stack.http.get<{ value: number }[]>('/counter/list?field=counter_for_domain');
    const since = (counters.body.data[0]?.value ?? 0) - PAGE;
    expectDelta((await stack.http.get<Changes<DomainEntry>>(`/domain/changes?since=${since}`)).body.data);
  },
  'domain/changes of 100 long ago': async ({ stack, head }) => {
    const since = Math.floor(head / 2);
    const path = `/domain/changes?since=${since}&to=${since + PAGE}`;
    expectDelta((await stack.http.get<Changes<DomainEntry>>(path)).body.data);
  },
};

function expectDelta({ snapshot, added }: Changes<DomainEntry>): void {
  expect([snapshot, added.length]).toEqual([false, PAGE]);
}

/** The median of some requests one after the other, in milliseconds. */
async function measure(one: (subject: Subject) => Promise<void>, of: Subject): Promise<number> {
  const times: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const started = performance.now();
    await one(of);
    times.push(performance.now() - started);
  }
  return median(times);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function isServing({ http }: Stack): Promise<boolean> {
  return (await http.get('/domain/list?limit=1')).httpStatus === 200;
}

/** What a process keeps in memory, in MiB. */
function residentMiB(stack: Stack, name: string): number {
  const kib = execFileSync('ps', ['-o', 'rss=', '-p', String(stack.pid(name))], { encoding: 'utf8' });
  return Math.round(Number(kib) / 1024);
}

test(`with ${LARGE} names add, a page deep inside and changes cost at most ${MOST} times what they cost with ${SMALL}`, async () => {
  await fill(small, SMALL);
  const rate = await fill(large, LARGE);
  console.log(`filled: ${rate} names/s, service ${residentMiB(large, 'blocklists-1')} MiB`);
  // A service holds its latest commits in memory, of a small list all. After a start both have to read what is old from the log.
  for (const stack of [small, large]) {
    await stack.restart('blocklists-1');
    await expect.poll(() => isServing(stack), { timeout: 10_000 }).toBe(true);
  }
  const subjects = [await subject(small, SMALL), await subject(large, LARGE)] as const;
  const ratios: [string, number][] = [];
  for (const [name, one] of Object.entries(MEASURES)) {
    const rounds: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      rounds[0].push(await measure(one, subjects[0]));
      rounds[1].push(await measure(one, subjects[1]));
    }
    const [few, many] = rounds.map(median) as [number, number];
    ratios.push([name, many / few]);
    console.log(
      `${name}: ${few.toFixed(2)} ms with ${SMALL}, ${many.toFixed(2)} ms with ${LARGE}: ${(many / few).toFixed(2)}`,
    );
  }
  expect(ratios.filter(([, ratio]) => ratio > MOST)).toEqual([]);
});

test(`the service starts over ${LARGE} names, and has them all`, async () => {
  const before = (await large.http.get<DomainEntry[]>('/domain/list?limit=1')).body;
  await large.kill('blocklists-1');
  const started = performance.now();
  await large.restart('blocklists-1');
  const ms = Math.round(performance.now() - started);
  console.log(`start over ${LARGE} names: ${ms} ms, service ${residentMiB(large, 'blocklists-1')} MiB`);
  await expect.poll(() => isServing(large), { timeout: 10_000 }).toBe(true);
  expect((await large.http.get<DomainEntry[]>('/domain/list?limit=1')).body).toEqual(before);
  const again = await large.http.post('/domain/add', { domain: nameOf(LARGE - 1) });
  expect(again.body.code).toBe('ALREADY_EXISTS');
  expect(ms).toBeLessThan(60_000);
});

test('a piece of a name is found among all of them', async () => {
  const started = performance.now();
  const { body } = await large.http.get<DomainEntry[]>(
    `/domain/list?q=${nameOf(LARGE - 7).split('.')[0]}&limit=10`,
  );
  console.log(`q among ${LARGE} names: ${(performance.now() - started).toFixed(1)} ms`);
  expect(body.data.map(({ domain }) => domain)).toEqual([nameOf(LARGE - 7)]);
});
