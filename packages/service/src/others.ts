// The other services of the system, as one of them calls them: over gRPC, with an identity of its own.

import type { Contract, MethodContract } from '@egg/contract';
import { type CallOptions, type Channel, connect, type Log, RpcError, toRpcError } from '@egg/rpc';
import type { Row, Target } from '@egg/store';
import type { Config, ServiceName } from './config.ts';
import { remoteTarget } from './references.ts';

export interface Others {
  /** Calls a method with one reply: `egg.tasks.v1.WorkService`, `CheckIn`. By default for 3 s at most. Throws RpcError. */
  call<Reply extends object>(
    service: string,
    method: string,
    request: object,
    options?: OtherCall,
  ): Promise<Reply>;
  /** Calls a method with a stream of replies. Throws RpcError. */
  stream<Reply extends object>(
    service: string,
    method: string,
    request: object,
    options?: OtherCall,
  ): AsyncGenerator<Reply>;
  /** A record of another service's table; undefined if there is none. Throws UNAVAILABLE if that cannot be known. */
  read<R extends Row>(table: string, id: number, options?: OtherCall): Promise<R | undefined>;
  /** A table of another service, to point at. Throws an Error if no service has it. */
  targetOf(this: void, table: string): Target;
  close(): void;
}

interface OtherCall extends Pick<CallOptions, 'deadline' | 'signal'> {
  /** Of the request that causes the call. */
  readonly requestId?: string;
}

export interface OthersOptions {
  readonly contract: Contract;
  readonly config: Config;
  readonly log: Log;
  /** The `authorization` that this service has as one of the system. */
  readonly authorization: () => Promise<string>;
}

/** What somebody waits for is not held up by more than this. */
const CALL_MS = 3000;

/** Makes the way to them. A channel is opened when it is first needed. */
export function otherServices({ contract, config, log, authorization }: OthersOptions): Others {
  const channels = new Map<string, Channel>();
  const channelTo = (service: string): Channel => {
    const name = service.split('.')[1] ?? '';
    const known = channels.get(name);
    if (known) return known;
    const at = config.services[name as ServiceName] as { address: string } | undefined;
    if (!at) throw new Error(`${service} is of no known service`);
    const channel = connect({ address: at.address, log });
    channels.set(name, channel);
    return channel;
  };
  const methodOf = (service: string, name: string): MethodContract => {
    const method = contract.service(service).methods.find((one) => one.name === name);
    if (!method) throw new Error(`${service} has no method ${name}`);
    return method;
  };
  const optionsOf = async ({ requestId, deadline, signal }: OtherCall): Promise<CallOptions> => ({
    metadata: {
      authorization: await authorization(),
      ...(requestId !== undefined && { 'x-request-id': requestId }),
    },
    deadline: Math.min(deadline ?? Infinity, Date.now() + CALL_MS),
    ...(signal && { signal }),
  });
  const call = async <Reply extends object>(
    service: string,
    name: string,
    request: object,
    options: OtherCall = {},
  ): Promise<Reply> => {
    const method = methodOf(service, name);
    const bytes = method.request.encode(request);
    const reply = await channelTo(service).unary(method, bytes, await optionsOf(options));
    return method.reply.decodeReply(reply) as Reply;
  };
  return {
    call,
    async *stream<Reply extends object>(
      service: string,
      name: string,
      request: object,
      options: OtherCall = {},
    ) {
      const method = methodOf(service, name);
      const { deadline: _, ...lasting } = await optionsOf(options);
      const replies = channelTo(service).serverStream(method, method.request.encode(request), {
        ...lasting,
        ...(options.deadline !== undefined && { deadline: options.deadline }),
      });
      for await (const reply of replies) yield method.reply.decodeReply(reply) as Reply;
    },
    read: async <R extends Row>(table: string, id: number, options: OtherCall = {}) => {
      try {
        const { data } = await call<{ data: R[] }>(contract.table(table).service, 'List', { id }, options);
        return data[0];
      } catch (thrown) {
        const { code } = toRpcError(thrown);
        if (code === 'NOT_FOUND') return undefined;
        if (code !== 'DEADLINE_EXCEEDED') throw thrown;
        throw new RpcError('UNAVAILABLE', `whether ${table} ${id} is there cannot be known`);
      }
    },
    targetOf: (table) => {
      const owner = contract.table(table).service;
      const service = `${owner.slice(0, owner.lastIndexOf('.'))}.ReferenceService`;
      return remoteTarget(table, (method, request, deadline) =>
        call(service, method, request, deadline === undefined ? {} : { deadline }),
      );
    },
    close: () => {
      for (const channel of channels.values()) channel.close();
    },
  };
}
