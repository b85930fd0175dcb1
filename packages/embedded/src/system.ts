// The whole system in its order: takes the data directory, gets and starts the embedded servers, then the processes it is given
// stage by stage; and stops them in the opposite order.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { type DataDir, endLeftProcesses, takeDataDir } from './data-dir.ts';
import type { Log } from './log.ts';
import { mongoSpec } from './mongo-server.ts';
import { type MongoKind, mongoKindOf, obtainMongo } from './mongo-sources.ts';
import { natsSpec } from './nats-server.ts';
import { obtainNats } from './nats-sources.ts';
import { portProblems } from './ports.ts';
import type { ProcessSpec } from './process-spec.ts';
import { renderLine } from './render-line.ts';
import { type Supervised, supervise } from './supervise.ts';

/** What keeps the system from starting is on the side of the machine or the configuration; the message says it all. */
export class StartError extends Error {}

export interface System {
  /** Stops everything, in order and within a bounded time, and gives the data directory up. */
  stop(): Promise<void>;
}

const KINDS: readonly MongoKind[] = ['mongod', 'secantusd-rs'];

/**
 * Starts the embedded servers and then `stages`, each stage when the one before serves. Resolves when all of it serves. Throws,
 * with nothing left running, when a part cannot be started or the signal is aborted.
 */
export async function startSystem(
  config: Config,
  stages: readonly ProcessSpec[][],
  log: Log,
  signal: AbortSignal = new AbortController().signal,
): Promise<System> {
  const dir = takeDataDir(config.dataDir);
  const running: Supervised[][] = [];
  const system: System = {
    stop: async () => {
      for (const stage of running.toReversed()) await Promise.all(stage.map((part) => part.stop()));
      dir.release();
    },
  };
  const say: Log = (line) => log(renderLine('egg', line));
  try {
    await endLeftProcesses(dir, say);
    const problems = await portProblems(config);
    if (problems.length > 0) throw new StartError(problems.join('\n'));
    for (const stage of [...(await embeddedServers(config, dir, say, signal)), ...stages]) {
      signal.throwIfAborted();
      const parts = stage.map((spec) => supervise(spec, hooksFor(spec, dir, log, say)));
      running.push(parts);
      await untilReady(parts, signal);
    }
    return system;
  } catch (error) {
    await system.stop();
    throw error;
  }
}

function hooksFor(spec: ProcessSpec, dir: DataDir, log: Log, say: Log) {
  return {
    log: say,
    onLine: (line: string) => log(renderLine(spec.name, line)),
    onStart: (pid: number) => dir.remember(spec.name, pid),
    onEnd: (pid: number) => dir.forget(pid),
  };
}

async function untilReady(parts: readonly Supervised[], signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([Promise.all(parts.map((part) => part.ready)), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function embeddedServers(
  config: Config,
  dir: DataDir,
  log: Log,
  signal: AbortSignal,
): Promise<ProcessSpec[][]> {
  const { cacheDir } = config;
  const kind = KINDS.find((one) => existsSync(join(dir.path, one)));
  const mongo = await obtainMongo(log, { cacheDir, url: config.mongodbUrl, kind, signal });
  const nats = await obtainNats(log, { cacheDir, url: config.natsUrl, signal });
  const isShown = ['trace', 'debug'].includes(config.logLevel);
  const withNoise = (spec: ProcessSpec): ProcessSpec => (isShown ? { ...spec, isNoise: () => false } : spec);
  const stages: ProcessSpec[][] = [];
  if ('binary' in mongo) {
    const { binary } = mongo;
    const data = join(dir.path, mongoKindOf(binary));
    stages.push([withNoise(mongoSpec({ binary, dir: data, port: config.mongodbPort }))]);
  }
  if ('binary' in nats) {
    const { binary } = nats;
    stages.push([withNoise(natsSpec({ binary, dir: join(dir.path, 'nats'), port: config.natsPort }))]);
  }
  return stages;
}
