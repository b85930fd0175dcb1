// DomainBlockService.Add inside the service, with many callers.

import type { Case } from '../model.ts';
import type { Stack } from '../stack.ts';
import { insertOne, ROUND_MS } from './baselines.ts';

export async function addInside(stack: Stack): Promise<Case> {
  const baseline = await insertOne(stack, 64);
  const worker = await stack.inside();
  return {
    name: 'add inside × 64',
    what: '64 callers of DomainBlockService.Add in the process of the service, through its pipeline, with both relays on',
    baseline,
    aim: 5,
    round: () => worker.round('add', 64, ROUND_MS),
    processes: () => ({ service: worker.pid, mongodb: stack.mongo.pid, nats: stack.nats.pid }),
  };
}
