// The public face: what every process of the system has around what it does.

export { type Credential, isAbandoned, isHolding, type Issue } from './access/credential.ts';
export { Credentials } from './access/credentials.ts';
export type { Secret } from './access/secret.ts';
export {
  type Access,
  fixedAccess,
  refuseOpenAddress,
  serviceAccess,
  type ServiceAccess,
} from './access/access.ts';
export { Attempts } from './access/attempts.ts';
export { type Found, makeAuthorize } from './access/authorize.ts';
export { gatewayAccess, type GatewayAccess } from './access/gateway.ts';
export { checkRole, holds } from './access/roles.ts';
export { type Config, type LogLevel, parseConfig, readConfig, type ServiceName } from './config.ts';
export { ConfigError } from './variables.ts';
export { isLoopbackHost } from './loopback.ts';
export { inNetworks } from './networks.ts';
export { createLog, type Logger, type LogOptions } from './log.ts';
export { createMetrics, type Metrics, serveMetrics } from './metrics.ts';
export { type Running, runService, type ServiceContext, type ServiceOptions } from './run.ts';
export { type Opened, type ServiceParts, startTableService, type TableService } from './tables.ts';
