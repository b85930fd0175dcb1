// The public face: what every process of the system has around what it does.

export { type Credential, Credentials, isAbandoned, isHolding, type Issue } from './access/credentials.ts';
export type { Secret } from './access/secret.ts';
export { checkRole, holds, makeAuthorize } from './access.ts';
export { type Config, type LogLevel, parseConfig, readConfig, type ServiceName } from './config.ts';
export { ConfigError } from './variables.ts';
export { isLoopbackHost } from './loopback.ts';
export { createLog, type Logger, type LogOptions } from './log.ts';
export { createMetrics, type Metrics, serveMetrics } from './metrics.ts';
export { type Running, runService, type ServiceContext, type ServiceOptions } from './run.ts';
export { type Opened, type ServiceParts, startTableService, type TableService } from './tables.ts';
