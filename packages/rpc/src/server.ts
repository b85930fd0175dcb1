// The gRPC server of a process: its services by the pipeline, the health protocol and reflection. Relies on grpc-js.

import {
  type ChannelOptions,
  Server,
  ServerCredentials,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Contract, MethodContract } from '@egg/contract';
import { RpcError } from './errors.ts';
import { EXCHANGE, FRAME_SLACK_BYTES } from './frames.ts';
import { createFrameServer } from './frames-server.ts';
import { grpcHandler, type OpenCalls, rawMethod } from './grpc-handlers.ts';
import type { Handler, Handlers } from './model.ts';
import { createPipeline, DEFAULT_MAX_MESSAGE_BYTES, type PipelineOptions } from './pipeline.ts';
import { addReflection } from './reflection.ts';
import { pairHandlers } from './service-handlers.ts';

export interface RpcServerOptions extends PipelineOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly contract: Contract;
  /** The services of this process by full name, each with a handler for every method. */
  readonly services: { readonly [service: string]: Handlers };
  /** A connection older than this is asked to be made anew, so that new replicas get work. Default: no limit. */
  readonly maxConnectionAgeMs?: number;
  /** Calls of one frame stream that are not answered yet, above which one is RESOURCE_EXHAUSTED. Default: 4096. */
  readonly maxInFlight?: number;
}

export interface RpcServer {
  /** The one that was taken. */
  readonly port: number;
  /** What the health protocol answers, for every service and the whole. True from the start. */
  setServing(serving: boolean): void;
  /** Takes no new calls, lets those under way end for `graceMs` (5000), then ends them with UNAVAILABLE. Never throws. */
  stop(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Listens on `host`:`port`. Throws an Error that names it for a service that the contract has not, a method without a handler, a
 * handler without a method, or an address that cannot be had.
 */
export async function startServer(options: RpcServerOptions): Promise<RpcServer> {
  const { contract, services, host } = options;
  const pipeline = createPipeline(options);
  const server = new Server(channelOptions(options));
  const open: OpenCalls = new Set();
  const unary = new Map<string, { method: MethodContract; handler: Handler }>();
  for (const [name, handlers] of Object.entries(services)) {
    const pairs = pairHandlers(contract.service(name), handlers);
    const definition = Object.fromEntries(pairs.map(({ method }) => [method.name, rawMethod(method)]));
    const implementation: UntypedServiceImplementation = {};
    for (const { method, handler } of pairs) {
      implementation[method.name] = grpcHandler(pipeline, method, handler, open);
      if (!method.requestStream && !method.replyStream) unary.set(method.path, { method, handler });
    }
    server.addService(definition, implementation);
  }
  const { maxInFlight = 4096, maxConnectionAgeMs } = options;
  const frames = createFrameServer({ pipeline, methods: unary, maxInFlight, maxConnectionAgeMs });
  server.addService({ Exchange: rawMethod(EXCHANGE) }, { Exchange: frames.exchange });
  const names = Object.keys(services);
  const health = new HealthImplementation();
  health.addToServer(server);
  addReflection(server, contract.descriptors(), names);
  const setServing = (serving: boolean): void => {
    for (const name of ['', ...names]) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };
  setServing(true);
  const port = await bind(server, host, options.port);
  return {
    port,
    setServing,
    async stop({ graceMs = 5000 } = {}) {
      setServing(false);
      frames.goAway();
      const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      if (await within(closed, graceMs)) return;
      const reason = new RpcError('UNAVAILABLE', 'the service stops');
      for (const call of open) call.cancel(reason);
      frames.cancelAll(reason);
      if (await within(closed, 100)) return;
      // With channelz off `forceShutdown` knows no connection; `drain` does.
      server.drain(addressOf(host, port), 0);
      await within(closed, 1000);
      server.forceShutdown();
    },
  };
}

function channelOptions({
  maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
  maxConnectionAgeMs,
}: RpcServerOptions): ChannelOptions {
  return {
    'grpc.enable_channelz': 0,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_receive_message_length': maxMessageBytes + FRAME_SLACK_BYTES,
    ...(maxConnectionAgeMs !== undefined && {
      'grpc.max_connection_age_ms': maxConnectionAgeMs,
      // Long enough for a frame stream on it to reach its own age and end in order.
      'grpc.max_connection_age_grace_ms': maxConnectionAgeMs * 1.2 + 60_000,
    }),
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(addressOf(host, port), ServerCredentials.createInsecure(), (error, bound) => {
      if (error)
        reject(new Error(`cannot listen on ${addressOf(host, port)}: ${error.message}`, { cause: error }));
      else resolve(bound);
    });
  });
}

function addressOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function within(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
