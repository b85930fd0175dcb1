// POST /domain/add through the real gateway to the real blocklists service.

import type { Case } from '../model.ts';
import type { Stack } from '../stack.ts';
import { insertOne, ROUND_MS } from './baselines.ts';

export async function addThroughGateway(stack: Stack): Promise<Case> {
  const baseline = await insertOne(stack, 64);
  const { load, gateway, blocklists } = await stack.gateway();
  return {
    name: 'add by gateway × 64',
    what: 'POST /domain/add on 64 keep-alive connections; callers, gateway and blocklists each in a process of their own',
    baseline,
    aim: 1.5,
    round: () => load.round('add', 64, ROUND_MS),
    processes: () => ({
      callers: load.pid,
      gateway: gateway.pid,
      blocklists: blocklists.pid,
      mongodb: stack.mongo.pid,
      nats: stack.nats.pid,
    }),
  };
}
