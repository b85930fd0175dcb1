// The client's side of one connection to a service process: one long-lived channel for each target.

import { type ChannelOptions, Client, credentials, type MethodDefinition } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { FRAME_SLACK_BYTES } from './frames.ts';
import { FrameClient } from './frames-client.ts';
import { grpcCalls } from './grpc-calls.ts';
import type { Channel, Log } from './model.ts';
import { DEFAULT_MAX_MESSAGE_BYTES } from './pipeline.ts';

export interface ConnectOptions {
  /** `host:port`, or another name that gRPC resolves. */
  readonly address: string;
  readonly log: Log;
  /** Unary calls as frames on one stream (true), or each an HTTP/2 stream of its own. */
  readonly frames?: boolean;
  /** With frames: calls not answered yet, above which one is RESOURCE_EXHAUSTED. Default: 4096. */
  readonly maxInFlight?: number;
  /** With frames: how long a call waits for a connection before it is UNAVAILABLE. Default: 5000. */
  readonly maxWaitMs?: number;
  /** The largest request and reply, in bytes; the same as the service's. Default: 4 MiB. */
  readonly maxMessageBytes?: number;
}

const HEALTH_TIMEOUT_MS = 2000;

/** A channel to `address`. Connects when first used, and again by itself whenever the connection breaks. */
export function connect(options: ConnectOptions): Channel {
  const client = new Client(options.address, credentials.createInsecure(), channelOptions(options));
  const calls = grpcCalls(client);
  const { frames = true, maxInFlight = 4096, maxWaitMs = 5000 } = options;
  const { log, maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES } = options;
  const framed = frames
    ? new FrameClient(client, { log, maxInFlight, maxMessageBytes, maxWaitMs })
    : undefined;
  return {
    ...calls,
    ...(framed && { unary: (method, request, callOptions) => framed.unary(method, request, callOptions) }),
    healthy: () => healthy(client),
    close() {
      framed?.close();
      client.close();
    },
  };
}

function healthy(client: Client): Promise<boolean> {
  const { path, requestSerialize, responseDeserialize } = healthService['Check'] as MethodDefinition<
    object,
    object
  >;
  return new Promise((resolve) => {
    const deadline = Date.now() + HEALTH_TIMEOUT_MS;
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { service: '' },
      { deadline },
      (error, reply) => {
        resolve(!error && reply !== undefined && 'status' in reply && reply.status === 'SERVING');
      },
    );
  });
}

function channelOptions({ maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES }: ConnectOptions): ChannelOptions {
  return {
    'grpc.enable_channelz': 0,
    // A proxy of the environment is not meant for services of one system.
    'grpc.enable_http_proxy': 0,
    // What is in flight on a connection that went dead in silence hears of it after 15 s.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5000,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.dns_min_time_between_resolutions_ms': 1000,
    'grpc.max_receive_message_length': maxMessageBytes + FRAME_SLACK_BYTES,
    'grpc-node.flow_control_window': 1024 * 1024,
    // What is safe to send again is known one level up.
    'grpc.enable_retries': 0,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    // Two channels in one process are two connections, and closing one really closes it.
    'grpc.use_local_subchannel_pool': 1,
  };
}
