// References from one service to another: this service's tables as others point at them, and the tables of others as this one does.

import type { Contract, MethodContract } from '@egg/contract';
import { type Channel, connect, type Handlers, type Log } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import type { OwnTarget, Pointed, Settlement, Target } from '@egg/store';
import type { Config, ServiceName } from './config.ts';

interface ClaimRequest {
  readonly table: string;
  readonly id: number;
  readonly claim: string;
}

interface SettleRequest {
  readonly table: string;
  readonly id: number;
  readonly claim?: string;
  readonly by?: string;
  readonly revision?: number;
  readonly points?: boolean;
}

const REFERENCES = 'ReferenceService';
/** Beside a call that somebody waits for. */
const CALL_MS = 3000;

/** The methods of a package's ReferenceService over its tables by name. */
export function referenceMethods(targets: ReadonlyMap<string, OwnTarget>): Handlers {
  const find = (table: string): OwnTarget => {
    const target = targets.get(table);
    if (!target) throw invalidField('table', 'is no table here that others point at');
    return target;
  };
  return {
    async Claim({ table, id, claim }: ClaimRequest, { deadline }: { deadline: number }) {
      await find(table).claim(id, claim, deadline);
      return {};
    },
    async Settle({ table, id, claim, by, revision, points = false }: SettleRequest) {
      await find(table).settle(id, {
        ...(claim !== undefined && { claim }),
        ...(by !== undefined && revision !== undefined && { pointer: { by, revision, points } }),
      });
      return {};
    },
    async Read({ table, after, limit }: { table: string; after: number; limit: number }) {
      const pointed = await find(table).read(after, limit);
      return { data: pointed.map(({ _id: id, by }) => ({ id, by })) };
    },
    async Drop({ table, id, entries }: { table: string; id: number; entries: string[] }) {
      await find(table).drop(id, entries);
      return {};
    },
  };
}

export interface RemoteTargets {
  /** A table of another service. Throws an Error if no service has it. */
  targetOf(this: void, table: string): Target;
  close(): void;
}

/** The tables of other services. A channel is opened when it is first needed. */
export function remoteTargets(options: {
  readonly contract: Contract;
  readonly config: Config;
  readonly log: Log;
  /** The `authorization` that this service has as one of the system. */
  readonly authorization: () => Promise<string>;
}): RemoteTargets {
  const { contract, config, log } = options;
  const channels = new Map<string, Channel>();
  const channelTo = (name: string): Channel => {
    const known = channels.get(name);
    if (known) return known;
    const service = config.services[name as ServiceName] as { address: string } | undefined;
    if (!service) throw new Error(`${name} is no known service`);
    const channel = connect({ address: service.address, log });
    channels.set(name, channel);
    return channel;
  };
  return {
    targetOf: (table) => {
      const [, name = '', version = ''] = contract.table(table).service.split('.');
      const service = contract.service(`egg.${name}.${version}.${REFERENCES}`);
      const call = async (
        methodName: string,
        request: object,
        deadline = Date.now() + CALL_MS,
      ): Promise<object> => {
        const method = service.methods.find((one) => one.name === methodName) as MethodContract;
        const authorization = await options.authorization();
        const reply = await channelTo(name).unary(method, method.request.encode({ table, ...request }), {
          deadline,
          metadata: { authorization },
        });
        return method.reply.decodeReply(reply);
      };
      return remoteTarget(call);
    },
    close: () => {
      for (const channel of channels.values()) channel.close();
    },
  };
}

function remoteTarget(call: (method: string, request: object, deadline?: number) => Promise<object>): Target {
  return {
    claim: async (id, claim, deadline) => {
      await call('Claim', { id, claim }, Math.min(deadline, Date.now() + CALL_MS));
    },
    settle: async (id, { claim, pointer }: Settlement) => {
      await call('Settle', { id, ...(claim !== undefined && { claim }), ...pointer });
    },
    read: async (after, limit) => {
      const { data } = (await call('Read', { after, limit })) as { data: { id: number; by: string[] }[] };
      return data.map(({ id, by }): Pointed => ({ _id: id, by }));
    },
    drop: async (id, entries) => {
      await call('Drop', { id, entries });
    },
  };
}
