// DomainBlockService.Add inside the service, with one caller: what a commit takes when there is nobody to share it with.

import type { Case } from '../model.ts';
import type { Stack } from '../stack.ts';
import { insertOne, ROUND_MS } from './baselines.ts';

export async function addOneCaller(stack: Stack): Promise<Case> {
  const baseline = await insertOne(stack, 1);
  const worker = await stack.inside();
  return {
    name: 'add inside × 1',
    what: 'one caller of DomainBlockService.Add in the process of the service, through its pipeline, with both relays on',
    baseline,
    aim: 0.4,
    round: () => worker.round('add', 1, ROUND_MS),
    processes: () => ({ service: worker.pid, mongodb: stack.mongo.pid, nats: stack.nats.pid }),
  };
}
