// The supervisor's configuration: the variables of the services, which it passes on, and its own for the embedded servers.

import { resolve } from 'node:path';
import { VARIABLES } from '@egg/service/config';
import { type Environment, readVariables, type Variable, whole } from '@egg/service/variables';
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

const path: Variable = { schema: { type: 'string' }, rule: 'has to be a path', shown: true };

/** Under the supervisor no port may be 0: every process has to know where the others are, also after a restart. */
const SYSTEM = {
  ...VARIABLES,
  EGG_HTTP_PORT: whole(1, 65_535, 8080),
  EGG_BLOCKLISTS_PORT: whole(1, 65_535, 50_051),
  EGG_EGGS_PORT: whole(1, 65_535, 50_052),
  EGG_TASKS_PORT: whole(1, 65_535, 50_053),
  EGG_DATA_DIR: path,
  EGG_CACHE_DIR: path,
  EGG_MONGODB_PORT: whole(1, 65_535, 27_017),
  EGG_NATS_PORT: whole(1, 65_535, 4222),
} as const satisfies Record<string, Variable>;

/** Of several processes only one could listen there. */
const NOT_PASSED_ON = 'EGG_METRICS_PORT';

/**
 * Reads the configuration; a relative `EGG_DATA_DIR` is meant from `root`, an empty variable counts as not set. Throws a
 * ConfigError.
 */
export function readConfig(env: Environment, root: string): Config {
  const values = readVariables(SYSTEM, env);
  const text = (name: keyof typeof SYSTEM): string => String(values[name]);
  const number = (name: keyof typeof SYSTEM): number => Number(values[name]);
  return {
    httpHost: text('EGG_HTTP_HOST'),
    httpPort: number('EGG_HTTP_PORT'),
    dataDir: resolve(root, env['EGG_DATA_DIR'] || '.egg'),
    cacheDir: resolve(root, defaultCacheDir(env)),
    mongodbUrl: env['EGG_MONGODB_URL'] || undefined,
    natsUrl: env['EGG_NATS_URL'] || undefined,
    mongodbPort: number('EGG_MONGODB_PORT'),
    natsPort: number('EGG_NATS_PORT'),
    blocklistsPort: number('EGG_BLOCKLISTS_PORT'),
    eggsPort: number('EGG_EGGS_PORT'),
    tasksPort: number('EGG_TASKS_PORT'),
    logLevel: text('EGG_LOG_LEVEL'),
    checkInSeconds: number('EGG_CHECK_IN_SECONDS'),
    adminToken: env['EGG_ADMIN_TOKEN'] || undefined,
  };
}

/** Variables that look like ours and mean nothing here: most likely misspelt. */
export function unknownVariables(env: Environment): string[] {
  return Object.keys(env).filter(
    (name) => name.startsWith('EGG_') && (!(name in SYSTEM) || name === NOT_PASSED_ON),
  );
}
