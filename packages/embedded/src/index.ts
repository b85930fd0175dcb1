// What others use of the embedded system: a MongoDB and a NATS server for a test, and the whole system under its supervisor.

export type { Log } from './log.ts';
export type { Obtained } from './source.ts';
export { type MongoKind, obtainMongo, type ObtainMongoOptions } from './mongo-sources.ts';
export { obtainNats, type ObtainNatsOptions } from './nats-sources.ts';
export type { RunningServer, ServerOptions } from './server.ts';
export { mongoUrl, startMongo } from './mongo-server.ts';
export { natsUrl, startNats } from './nats-server.ts';
export { freePort } from './free-port.ts';
export { type Config, readConfig } from './config.ts';
export { childEnvironment } from './child-environment.ts';
export type { ProcessSpec } from './process-spec.ts';
export { eggProcesses, httpUrl } from './services.ts';
export { startSystem, StartError, type System } from './system.ts';
