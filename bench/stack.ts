// What the cases run on: a MongoDB and a NATS server of this run alone, and each process from the first case that asks for it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freePort,
  type Obtained,
  obtainMongo,
  obtainNats,
  type RunningServer,
  startMongo,
  startNats,
} from '@egg/embedded';
import { type FleetParts, startFleet } from './fleet.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { startWorker, type Worker } from './workers/protocol.ts';

/** The load on the gateway, and who serves it. */
interface GatewayParts {
  readonly load: Worker;
  readonly gateway: ServiceProcess;
  readonly blocklists: ServiceProcess;
}

export interface Stack {
  readonly mongo: RunningServer;
  readonly nats: RunningServer;
  /** The bare driver. */
  raw(): Promise<Worker>;
  /** The blocklists service with its callers in the same process. */
  inside(): Promise<Worker>;
  /** The real gateway before the real blocklists service, and callers in a third process. */
  gateway(): Promise<GatewayParts>;
  /** The whole system with so many enrolled hosts. */
  fleet(hosts: number): Promise<FleetParts>;
  /** Ends every process and deletes what they kept. */
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly log: (line: string) => void;
  /** Where each Node process leaves a CPU profile at its end. */
  readonly profileDir?: string;
}

/** Starts the servers. */
export async function startStack({ log, profileDir }: StackOptions): Promise<Stack> {
  const dir = await mkdtemp(join(tmpdir(), 'egg-bench-'));
  const ends: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  const keep = <T extends { stop(): Promise<void> }>(part: T): T => {
    ends.push(() => part.stop());
    return part;
  };
  const args = (name: string): string[] =>
    profileDir === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-name=${name}.cpuprofile`, `--cpu-prof-dir=${profileDir}`];
  try {
    const mongo = keep(
      await startMongo(await options('mongodb', await obtainMongo(log, { url: undefined }))),
    );
    const nats = keep(await startNats(await options('nats', await obtainNats(log, { url: undefined }))));
    const urls = { mongoUrl: mongo.url, natsUrl: nats.url };
    const fleets = new Map<number, Promise<FleetParts>>();
    return {
      mongo,
      nats,
      raw: once(async () =>
        keep(await startWorker(import.meta.resolve('./workers/raw.ts'), urls, args('raw'))),
      ),
      inside: once(async () =>
        keep(await startWorker(import.meta.resolve('./workers/inside.ts'), urls, args('inside'))),
      ),
      gateway: once(async () => {
        const [grpcPort, httpPort] = [await freePort(), await freePort()];
        const env = {
          EGG_MONGODB_URL: mongo.url,
          EGG_MONGODB_DATABASE: 'bench_gateway',
          EGG_NATS_URL: nats.url,
          EGG_BUS_PREFIX: 'bench_gateway',
          EGG_BLOCKLISTS_PORT: String(grpcPort),
          EGG_HTTP_PORT: String(httpPort),
        };
        const blocklists = keep(
          await startServiceProcess('services/blocklists/src/main.ts', env, args('blocklists')),
        );
        const gateway = keep(await startServiceProcess('gateway/src/main.ts', env, args('gateway')));
        const load = keep(
          await startWorker(import.meta.resolve('./workers/load.ts'), { httpPort }, args('load')),
        );
        return { load, gateway, blocklists };
      }),
      fleet: (hosts) => {
        const started = fleets.get(hosts) ?? startFleet({ hosts, ...urls, dir, keep, args });
        fleets.set(hosts, started);
        return started;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }

  async function options(name: string, obtained: Obtained) {
    if ('url' in obtained) throw new Error(`${name}: a binary was expected`);
    return { binary: obtained.binary, dir: join(dir, name), port: await freePort(), log };
  }
}

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}
