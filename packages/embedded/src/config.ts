// Reads the system's configuration from the environment: every variable is known, checked, and named when it is bad.

import { resolve } from 'node:path';
import { envSchema } from 'env-schema';
import { defaultCacheDir } from './cache.ts';

export interface Config {
  httpHost: string;
  httpPort: number;
  dataDir: string;
  cacheDir: string;
  /** Undefined: an embedded one is started. */
  mongodbUrl: string | undefined;
  /** Undefined: an embedded one is started. */
  natsUrl: string | undefined;
  mongodbPort: number;
  natsPort: number;
  blocklistsPort: number;
  eggsPort: number;
  tasksPort: number;
  logLevel: string;
  checkInSeconds: number;
  adminToken: string | undefined;
}

/** The configuration is bad; the message has one line for each variable. */
export class ConfigError extends Error {}

const port = (value: number) => ({ type: 'integer', minimum: 1, maximum: 65_535, default: value });

const properties = {
  EGG_HTTP_HOST: { type: 'string', pattern: '^[A-Za-z0-9_.:%-]+$', default: '127.0.0.1' },
  EGG_HTTP_PORT: port(8080),
  EGG_DATA_DIR: { type: 'string', default: '.egg' },
  EGG_CACHE_DIR: { type: 'string' },
  EGG_MONGODB_URL: { type: 'string', pattern: '^mongodb(\\+srv)?://[^/]' },
  EGG_NATS_URL: { type: 'string', pattern: '^(nats|tls|wss?)://[^,]+(,(nats|tls|wss?)://[^,]+)*$' },
  EGG_MONGODB_PORT: port(27_017),
  EGG_NATS_PORT: port(4222),
  EGG_BLOCKLISTS_PORT: port(50_051),
  EGG_EGGS_PORT: port(50_052),
  EGG_TASKS_PORT: port(50_053),
  EGG_LOG_LEVEL: {
    type: 'string',
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    default: 'info',
  },
  EGG_CHECK_IN_SECONDS: { type: 'integer', minimum: 1, maximum: 86_400, default: 60 },
  EGG_ADMIN_TOKEN: { type: 'string', pattern: '^[\\x21-\\x7e]{16,256}$' },
  EGG_LEGACY_STATUS: { type: 'string', enum: ['0', '1'] },
};

/** What the services read themselves: passed on as it is. One port for the metrics of all of them is not among it. */
const passedOn = new Set([
  'EGG_MONGODB_DATABASE',
  'EGG_BUS_PREFIX',
  'EGG_GRPC_HOST',
  'EGG_BLOCKLISTS_ADDRESS',
  'EGG_EGGS_ADDRESS',
  'EGG_TASKS_ADDRESS',
]);

/** What a pattern means, for a person. */
const meanings: Record<string, string> = {
  EGG_HTTP_HOST: 'must be a host name or an address',
  EGG_MONGODB_URL: 'must begin with mongodb:// or mongodb+srv:// and name a host',
  EGG_NATS_URL: 'must begin with nats://, tls://, ws:// or wss:// and name a host',
  EGG_ADMIN_TOKEN: 'must be 16 to 256 visible ASCII characters',
};

/** Values that are not repeated where the log could keep them. */
const secrets = new Set(['EGG_ADMIN_TOKEN', 'EGG_MONGODB_URL', 'EGG_NATS_URL']);

interface Violation {
  instancePath: string;
  keyword: string;
  message?: string;
  params: { allowedValues?: unknown[] };
}

/**
 * Reads the configuration; a relative `EGG_DATA_DIR` is meant from `root`, an empty variable counts as not set. Throws a
 * ConfigError.
 */
export function readConfig(env: NodeJS.ProcessEnv, root: string): Config {
  const said = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in properties && value));
  const values = check(said);
  const text = (name: string): string => values[name] as string;
  const optional = (name: string): string | undefined => values[name] as string | undefined;
  const number = (name: string): number => values[name] as number;
  const config: Config = {
    httpHost: text('EGG_HTTP_HOST'),
    httpPort: number('EGG_HTTP_PORT'),
    dataDir: resolve(root, text('EGG_DATA_DIR')),
    cacheDir: resolve(root, defaultCacheDir(env)),
    mongodbUrl: optional('EGG_MONGODB_URL'),
    natsUrl: optional('EGG_NATS_URL'),
    mongodbPort: number('EGG_MONGODB_PORT'),
    natsPort: number('EGG_NATS_PORT'),
    blocklistsPort: number('EGG_BLOCKLISTS_PORT'),
    eggsPort: number('EGG_EGGS_PORT'),
    tasksPort: number('EGG_TASKS_PORT'),
    logLevel: text('EGG_LOG_LEVEL'),
    checkInSeconds: number('EGG_CHECK_IN_SECONDS'),
    adminToken: optional('EGG_ADMIN_TOKEN'),
  };
  return config;
}

/** Variables that look like ours and mean nothing: most likely misspelt. */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter(
    (name) => name.startsWith('EGG_') && !(name in properties) && !passedOn.has(name),
  );
}

function check(said: Record<string, string | undefined>): Record<string, unknown> {
  try {
    return envSchema({ schema: { type: 'object', properties }, data: { ...said }, env: false });
  } catch (error) {
    const violations = (error as { errors?: Violation[] }).errors;
    if (violations === undefined) throw error;
    throw new ConfigError(violations.map((violation) => describe(violation, said)).join('\n'));
  }
}

function describe(
  { instancePath, keyword, message, params }: Violation,
  said: Record<string, unknown>,
): string {
  const name = instancePath.slice(1);
  const allowed = params.allowedValues ? `: ${params.allowedValues.join(', ')}` : '';
  const meaning = keyword === 'pattern' ? meanings[name] : undefined;
  const value = secrets.has(name) ? '' : ` (it is "${String(said[name])}")`;
  return `${name} ${meaning ?? `${message}${allowed}`}${value}`;
}
