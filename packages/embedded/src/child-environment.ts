// The environment that the services are started with: what the supervisor was given, and every variable of ours filled in.

import type { Config } from './config.ts';
import { mongoUrl } from './mongo-server.ts';
import { natsUrl } from './nats-server.ts';

/** The environment for the services of a system with this configuration. */
export function childEnvironment(config: Config, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...env,
    EGG_HTTP_HOST: config.httpHost,
    EGG_HTTP_PORT: String(config.httpPort),
    EGG_DATA_DIR: config.dataDir,
    EGG_CACHE_DIR: config.cacheDir,
    EGG_MONGODB_URL: config.mongodbUrl ?? mongoUrl(config.mongodbPort),
    EGG_NATS_URL: config.natsUrl ?? natsUrl(config.natsPort),
    EGG_BLOCKLISTS_PORT: String(config.blocklistsPort),
    EGG_EGGS_PORT: String(config.eggsPort),
    EGG_TASKS_PORT: String(config.tasksPort),
    EGG_LOG_LEVEL: config.logLevel,
    EGG_CHECK_IN_SECONDS: String(config.checkInSeconds),
    ...(config.adminToken === undefined ? {} : { EGG_ADMIN_TOKEN: config.adminToken }),
    // Of several processes only one could listen there; the gateway shows the metrics of the system.
    EGG_METRICS_PORT: undefined,
  };
}
