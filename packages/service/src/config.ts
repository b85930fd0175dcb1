// The configuration of all processes, from the environment: `parseConfig` is a pure function, `readConfig` gives it the process's
// own variables. Every bad value is named with what it has to be; see variables.ts for how they are read.

import {
  address,
  type Environment,
  host,
  networks,
  oneOf,
  readVariables,
  type Variable,
  whole,
  word,
} from './variables.ts';

export type ServiceName = 'blocklists' | 'eggs' | 'tasks';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export interface Config {
  readonly http: { readonly host: string; readonly port: number };
  readonly mongodb: { readonly url: string; readonly database: string };
  /** `prefix` is the first part of every subject and stream. */
  readonly bus: { readonly url: string; readonly prefix: string };
  readonly grpcHost: string;
  /** Where each service listens (a port of 0 takes a free one), and the address that others dial. */
  readonly services: { readonly [name in ServiceName]: { readonly port: number; readonly address: string } };
  readonly logLevel: LogLevel;
  readonly checkInSeconds: number;
  readonly adminToken?: string;
  /** The addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Errors of the panel's own nine routes are answered with status 200. */
  readonly legacyStatus: boolean;
  /** Lists may be fetched from addresses that are not public. */
  readonly subscriptions: { readonly allowPrivate: boolean };
  /** Where this process shows its metrics by itself. */
  readonly metricsPort?: number;
}

/** Every variable of the processes. The supervisor adds its own. */
export const VARIABLES = {
  EGG_HTTP_HOST: host('127.0.0.1'),
  EGG_HTTP_PORT: whole(0, 65535, 8080),
  EGG_MONGODB_URL: word(
    '^mongodb(?:\\+srv)?://.+',
    'mongodb://127.0.0.1:27017/?directConnection=true',
    'has to begin with mongodb:// or mongodb+srv://',
  ),
  EGG_MONGODB_DATABASE: word('^[A-Za-z0-9_-]{1,38}$', 'egg', 'has to be 1 to 38 letters, digits, _ or -'),
  EGG_NATS_URL: word(
    '^(?:nats|tls|wss?)://[^,]+(?:,(?:nats|tls|wss?)://[^,]+)*$',
    'nats://127.0.0.1:4222',
    'has to be one or more URLs of nats:// or tls://, with commas between',
  ),
  EGG_BUS_PREFIX: word('^[A-Za-z0-9_-]{1,32}$', 'egg', 'has to be 1 to 32 letters, digits, _ or -'),
  EGG_GRPC_HOST: host('127.0.0.1'),
  EGG_BLOCKLISTS_PORT: whole(0, 65535, 50051),
  EGG_EGGS_PORT: whole(0, 65535, 50052),
  EGG_TASKS_PORT: whole(0, 65535, 50053),
  EGG_BLOCKLISTS_ADDRESS: address,
  EGG_EGGS_ADDRESS: address,
  EGG_TASKS_ADDRESS: address,
  EGG_LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'info'),
  EGG_CHECK_IN_SECONDS: whole(1, 86_400, 60),
  EGG_ADMIN_TOKEN: {
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{8,256}$' },
    rule: 'has to be 8 to 256 visible ASCII characters',
  },
  EGG_TRUSTED_PROXIES: networks,
  EGG_LEGACY_STATUS: oneOf(['0', '1'], '0'),
  EGG_SUBSCRIPTIONS_ALLOW_PRIVATE: oneOf(['0', '1'], '0'),
  EGG_METRICS_PORT: whole(0, 65535),
} as const satisfies Record<string, Variable>;

type Name = keyof typeof VARIABLES;
type Optional =
  'EGG_ADMIN_TOKEN' | 'EGG_TRUSTED_PROXIES' | 'EGG_METRICS_PORT' | `EGG_${Uppercase<ServiceName>}_ADDRESS`;
type Numeric = 'EGG_CHECK_IN_SECONDS' | `EGG_${string}_PORT` | 'EGG_METRICS_PORT';
type Values = { [name in Exclude<Name, Optional>]: name extends Numeric ? number : string } & {
  [name in Optional]?: name extends Numeric ? number : string;
};

/** The configuration of this process. Throws ConfigError. */
export function readConfig(): Config {
  return parseConfig(process.env);
}

/** The configuration that an environment says; an empty variable says nothing. Throws ConfigError that lists all that is wrong. */
export function parseConfig(env: Environment): Config {
  const values = readVariables(VARIABLES, env) as Values;
  const at = (name: Uppercase<ServiceName>): { port: number; address: string } => {
    const port = values[`EGG_${name}_PORT`];
    return { port, address: values[`EGG_${name}_ADDRESS`] ?? `127.0.0.1:${port}` };
  };
  return {
    http: { host: values.EGG_HTTP_HOST, port: values.EGG_HTTP_PORT },
    mongodb: { url: values.EGG_MONGODB_URL, database: values.EGG_MONGODB_DATABASE },
    bus: { url: values.EGG_NATS_URL, prefix: values.EGG_BUS_PREFIX },
    grpcHost: values.EGG_GRPC_HOST,
    services: { blocklists: at('BLOCKLISTS'), eggs: at('EGGS'), tasks: at('TASKS') },
    logLevel: values.EGG_LOG_LEVEL as LogLevel,
    checkInSeconds: values.EGG_CHECK_IN_SECONDS,
    trustedProxies: values.EGG_TRUSTED_PROXIES?.split(',') ?? [],
    legacyStatus: values.EGG_LEGACY_STATUS === '1',
    subscriptions: { allowPrivate: values.EGG_SUBSCRIPTIONS_ALLOW_PRIVATE === '1' },
    ...(values.EGG_ADMIN_TOKEN !== undefined && { adminToken: values.EGG_ADMIN_TOKEN }),
    ...(values.EGG_METRICS_PORT !== undefined && { metricsPort: values.EGG_METRICS_PORT }),
  };
}
