// CounterService.Update inside the service, with many callers of one counter.

import type { Case } from '../model.ts';
import type { Stack } from '../stack.ts';
import { increment, ROUND_MS } from './baselines.ts';

export async function counterInside(stack: Stack): Promise<Case> {
  const baseline = await increment(stack, 64);
  const worker = await stack.inside();
  return {
    name: 'counter inside × 64',
    what: '64 callers of CounterService.Update of one counter in the process of the service, through its pipeline, with both relays on',
    baseline,
    aim: 5,
    round: () => worker.round('raise', 64, ROUND_MS),
    processes: () => ({ service: worker.pid, mongodb: stack.mongo.pid, nats: stack.nats.pid }),
  };
}
