// Commits of runs that no call asks for as such: made by a schedule, or by the service itself as time passes.

import { randomUUID } from 'node:crypto';
import type { Contract, MethodContract } from '@egg/contract';
import type { CallContext } from '@egg/rpc';
import type { Origin } from '@egg/store';

const RUN_SERVICE = 'egg.tasks.v1.RunService';

/** What is decided as time passes. */
export function systemOrigin(): Origin {
  return { actor: 'system', from: '', requestId: randomUUID() };
}

/** Makes the context in which something is written for an origin. */
export function contextMaker(contract: Contract): (origin: Origin, deadline: number) => CallContext {
  const method = contract
    .service(RUN_SERVICE)
    .methods.find(({ name }) => name === 'Cancel') as MethodContract;
  const { signal } = new AbortController();
  return ({ actor, from, requestId }, deadline) => ({
    caller: { name: actor, role: 'service' },
    from,
    requestId,
    deadline,
    signal,
    method,
    requestBytes: new Uint8Array(),
  });
}
