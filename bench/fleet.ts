// The whole system with a number of enrolled hosts, which are made before it starts.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@egg/embedded';
import { EGGS, makeHosts } from './hosts.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { startWorker, type Worker } from './workers/protocol.ts';

/** The load on a gateway, and who serves it. */
export interface FleetParts {
  readonly load: Worker;
  readonly gateway: ServiceProcess;
  readonly blocklists: ServiceProcess;
  readonly eggs: ServiceProcess;
  readonly tasks: ServiceProcess;
}

export interface FleetOptions {
  readonly hosts: number;
  readonly mongoUrl: string;
  readonly natsUrl: string;
  /** Of this run alone. */
  readonly dir: string;
  /** Has what was started stopped in the end. */
  readonly keep: <T extends { stop(): Promise<void> }>(part: T) => T;
  /** More arguments of Node for a process of that name. */
  readonly args: (name: string) => string[];
}

/** Makes the hosts and starts the system. */
export async function startFleet({
  hosts,
  mongoUrl,
  natsUrl,
  dir,
  keep,
  args,
}: FleetOptions): Promise<FleetParts> {
  const name = `bench_fleet_${hosts}`;
  const secretsFile = join(dir, `${name}.json`);
  await writeFile(secretsFile, JSON.stringify(await makeHosts(mongoUrl, name, hosts)), { mode: 0o600 });
  const [blocklistsPort, eggsPort, tasksPort, httpPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const env = {
    EGG_MONGODB_URL: mongoUrl,
    EGG_MONGODB_DATABASE: name,
    EGG_NATS_URL: natsUrl,
    EGG_BUS_PREFIX: name,
    EGG_BLOCKLISTS_PORT: String(blocklistsPort),
    EGG_EGGS_PORT: String(eggsPort),
    EGG_TASKS_PORT: String(tasksPort),
    EGG_HTTP_PORT: String(httpPort),
  };
  const service = async (part: string): Promise<ServiceProcess> =>
    keep(await startServiceProcess(part, env, args(`${part.split('/').at(-3)}-${hosts}`)));
  const blocklists = await service('services/blocklists/src/main.ts');
  const eggs = await service('services/eggs/src/main.ts');
  const tasks = await service('services/tasks/src/main.ts');
  const gateway = await service('gateway/src/main.ts');
  const worker = import.meta.resolve('./workers/fleet.ts');
  const settings = { httpPort, secretsFile, eggs: EGGS };
  const load = keep(await startWorker(worker, settings, args(`fleet-${hosts}`)));
  return { load, gateway, blocklists, eggs, tasks };
}
