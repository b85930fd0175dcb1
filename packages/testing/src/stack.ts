// The system for the tests of one file: services and gateways as processes of their own, over a database and streams that nobody
// else has. All of it is gone when the file's tests are over.

import { afterAll, afterEach, inject } from 'vitest';
import { freePort } from '@egg/embedded';
import { openDatabase } from '@egg/store';
import { testName } from './database.ts';
import { httpClient, type HttpClient } from './http-client.ts';
import { quiet } from './quiet.ts';
import { ServiceProcess } from './service-process.ts';
import { deleteStreams } from './streams.ts';

type ServiceName = 'blocklists' | 'eggs' | 'tasks';

export interface StackOptions {
  /** Replicas of the blocklists service. Each has a gateway of its own, because a gateway dials one address. Default: 1. */
  readonly blocklists?: number;
  /** Replicas of the eggs service, which the gateways dial in turn. Default: 0. */
  readonly eggs?: number;
  /** Replicas of the tasks service, which the gateways dial in turn. Default: 0. */
  readonly tasks?: number;
  /** Gateways for each replica. Default: 1. */
  readonly gateways?: number;
  /** More of the environment of all processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Other servers than those of the whole run. */
  readonly servers?: { readonly mongoUrl: string; readonly natsUrl: string };
}

export interface Stack {
  /** The first gateway. */
  readonly http: HttpClient;
  /** Every gateway, those of the first replica first. */
  readonly gateways: readonly HttpClient[];
  /** Where each replica of the blocklists serves gRPC, as host:port. */
  readonly grpc: readonly string[];
  /** The same of any service. */
  address(service: ServiceName, number?: number): string;
  readonly bus: { readonly url: string; readonly prefix: string };
  readonly mongo: { readonly url: string; readonly database: string };
  /** kill -9 of `blocklists-1`, `gateway-1` and so on. */
  kill(name: string): Promise<void>;
  /** Starts what was killed, or stops it in order first, at the same port. Resolves when it is ready. */
  restart(name: string): Promise<void>;
  /** Ends one process in order and answers with its status. */
  stop(name: string): Promise<number | NodeJS.Signals | null | undefined>;
  /** The pid of a process. */
  pid(name: string): number;
}

const DROP_TRIES = 6;

/** Starts it. To be called at the top of a file or of a `describe`: within a hook or a test nothing would end it. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { blocklists = 1, eggs = 0, tasks = 0, gateways = 1 } = options;
  const servers = options.servers ?? { mongoUrl: inject('mongoUrl'), natsUrl: inject('natsUrl') };
  const name = testName();
  const env = {
    EGG_MONGODB_URL: servers.mongoUrl,
    EGG_MONGODB_DATABASE: name,
    EGG_NATS_URL: servers.natsUrl,
    EGG_BUS_PREFIX: name,
    EGG_LOG_LEVEL: 'warn',
    ...options.env,
  };
  const parts = new Map<string, ServiceProcess>();
  const clients: HttpClient[] = [];
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(tails(parts));
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    for (const part of [...parts.values()].toReversed()) await part.stop();
    await forget(servers, name);
  });

  const start = async (part: ServiceProcess): Promise<ServiceProcess> => {
    parts.set(part.name, part);
    await part.start();
    return part;
  };
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  // Known beforehand, because the services call each other.
  const ports = await freePorts({ blocklists, eggs, tasks });
  const replicasOf = (service: ServiceName): Promise<ServiceProcess[]> =>
    Promise.all(
      ports[service].map((at, index) =>
        start(
          serviceProcess(service, { number: index + 1, at, env: { ...env, ...addresses(ports, index) } }),
        ),
      ),
    );
  const [replicas] = await Promise.all([replicasOf('blocklists'), replicasOf('eggs'), replicasOf('tasks')]);
  const behind = numbers(gateways * Math.max(1, blocklists));
  const fronts = await Promise.all(
    behind.map((number, index) =>
      start(gatewayProcess(`gateway-${number}`, { ...env, ...addresses(ports, index) })),
    ),
  );
  clients.push(...fronts.map(({ port }) => httpClient(`http://127.0.0.1:${port}`)));

  const part = (wanted: string): ServiceProcess => {
    const found = parts.get(wanted);
    if (!found) throw new Error(`the stack has no ${wanted}, only ${[...parts.keys()].join(', ')}`);
    return found;
  };
  return {
    http: clients[0] as HttpClient,
    gateways: clients,
    grpc: replicas.map(({ port }) => `127.0.0.1:${port}`),
    address: (service, number = 1) => `127.0.0.1:${part(`${service}-${number}`).port}`,
    bus: { url: servers.natsUrl, prefix: name },
    mongo: { url: servers.mongoUrl, database: name },
    kill: (wanted) => part(wanted).kill(),
    restart: async (wanted) => {
      await part(wanted).stop();
      await part(wanted).start();
    },
    stop: (wanted) => part(wanted).stop(),
    pid: (wanted) => part(wanted).pid ?? 0,
  };
}

type Ports = Readonly<Record<ServiceName, readonly number[]>>;

async function freePorts(counts: Readonly<Record<ServiceName, number>>): Promise<Ports> {
  const some = (count: number): Promise<number[]> =>
    Promise.all(Array.from({ length: count }, () => freePort()));
  const { blocklists, eggs, tasks } = counts;
  return { blocklists: await some(blocklists), eggs: await some(eggs), tasks: await some(tasks) };
}

/** Where the n-th of those who call finds each service: the replicas are dialled in turn. */
function addresses(ports: Ports, index: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ports).flatMap(([service, all]) => {
      const port = all[index % all.length];
      return port === undefined ? [] : [[`EGG_${service.toUpperCase()}_ADDRESS`, `127.0.0.1:${port}`]];
    }),
  );
}

function serviceProcess(
  service: ServiceName,
  { number, at, env }: { number: number; at: number; env: Readonly<Record<string, string>> },
): ServiceProcess {
  return new ServiceProcess({
    name: `${service}-${number}`,
    script: `services/${service}/src/main.ts`,
    env,
    port: { variable: `EGG_${service.toUpperCase()}_PORT`, field: 'port' },
    at,
  });
}

function gatewayProcess(name: string, env: Readonly<Record<string, string>>): ServiceProcess {
  return new ServiceProcess({
    name,
    script: 'gateway/src/main.ts',
    env,
    port: { variable: 'EGG_HTTP_PORT', field: 'http_port' },
  });
}

function tails(parts: ReadonlyMap<string, ServiceProcess>): string {
  return [...parts].map(([name, { lines }]) => [`--- ${name}`, ...lines].join('\n')).join('\n');
}

async function forget(servers: { mongoUrl: string; natsUrl: string }, name: string): Promise<void> {
  const database = await openDatabase({ url: servers.mongoUrl, name, log: quiet });
  // Of a million records it takes longer than an answer is waited for; the server goes on, and the next try finds less to do.
  for (let tries = DROP_TRIES; ; tries--) {
    const failure = await database.drop().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) break;
    if (tries <= 1) throw failure as Error;
  }
  await database.close();
  await deleteStreams(servers.natsUrl, name);
}
