// What must not cost more where there are more hosts: the start of a run, and a check-in of a host that has nothing to do.

import type { Case, Measured } from '../model.ts';
import type { Stack } from '../stack.ts';
import { ROUND_MS } from './baselines.ts';

/** `EGG_BENCH_HOSTS` for a fleet of another size. */
const MANY = Number(process.env['EGG_BENCH_HOSTS'] ?? 100_000);

/** POST /task/run, over all hosts. */
export async function runStart(stack: Stack): Promise<Case> {
  const measured = (hosts: number): Promise<Measured> =>
    measure(stack, hosts, {
      name: 'run start',
      what: 'POST /task/run by one caller through the gateway',
      kind: 'startRuns',
      callers: 1,
    });
  return { ...(await measured(MANY)), baseline: await measured(10), aim: 0.8 };
}

/** POST /checkin of hosts for which there is no work. */
export async function checkInWithoutWork(stack: Stack): Promise<Case> {
  const measured = (hosts: number): Promise<Measured> =>
    measure(stack, hosts, {
      name: 'check-in × 64',
      what: 'POST /checkin without work on 64 keep-alive connections, each time of the next host',
      kind: 'checkIn',
      callers: 64,
    });
  return { ...(await measured(MANY)), baseline: await measured(1000), aim: 0.8 };
}

interface Load {
  readonly name: string;
  readonly what: string;
  readonly kind: string;
  readonly callers: number;
}

async function measure(stack: Stack, hosts: number, { name, what, kind, callers }: Load): Promise<Measured> {
  const { load, ...served } = await stack.fleet(hosts);
  const pids = Object.entries(served).map(([part, { pid }]): [string, number] => [part, pid]);
  return {
    name: `${name}, ${hosts.toLocaleString('en')} hosts`,
    what: `${what}; ${hosts.toLocaleString('en')} hosts are enrolled`,
    round: () => load.round(kind, callers, ROUND_MS),
    processes: () => ({ callers: load.pid, ...Object.fromEntries(pids), mongodb: stack.mongo.pid }),
  };
}
