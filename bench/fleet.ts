// The whole system with a number of enrolled hosts. They are written into its database before it starts, as one more replica would
// write them: to enrol so many one by one would take longer than all that is measured.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadContract } from '@egg/contract';
import type { Host } from '@egg/contract/types/eggs';
import { freePort } from '@egg/embedded';
import { createLog } from '@egg/service';
import { type Database, declareTable, type Fields, openDatabase } from '@egg/store';
import { hashOf, newSecret } from '../packages/service/src/access/secret.ts';
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

/** Hosts in one commit. */
const BATCH = 500;

/** Writes the hosts and starts the system. */
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
  const load = keep(await startWorker(worker, { httpPort, secretsFile }, args(`fleet-${hosts}`)));
  return { load, gateway, blocklists, eggs, tasks };
}

/** Answers with the hosts' own tokens. */
async function makeHosts(url: string, name: string, count: number): Promise<string[]> {
  const log = createLog({ service: 'bench', level: 'error' });
  const database = await openDatabase({ url, name, log });
  const { table } = await declareTable<Host, object, { id: number }>(loadContract(), 'hosts').open({
    database,
    log,
  });
  const secrets: string[] = [];
  try {
    while (secrets.length < count) {
      const made = Array.from({ length: Math.min(BATCH, count - secrets.length) }, newSecret);
      const first = secrets.length + 1;
      const { commit } = await table.submit({
        origin: { actor: 'bench', from: '', requestId: '' },
        deadline: Date.now() + 30_000,
        decide: (view) => {
          for (const [index, { key }] of made.entries()) {
            const fields = {
              name: `bench-${first + index}`,
              platform: 'linux/amd64',
              labels: {},
              address: '',
            };
            view.add({ ...fields, token_key: key, enrolled_at: view.at } as unknown as Fields<Host>);
          }
          return { verb: 'enrolled' };
        },
      });
      const ids = commit?.changes.map(({ id }) => id) ?? [];
      await keepSecrets(database, made, ids);
      secrets.push(...made.map(({ secret }) => secret));
    }
    await followed(database, table.revision);
  } finally {
    await table.close();
    await database.close();
  }
  return secrets;
}

/** What follows from the commits is done, so that no replica does it while something is measured. */
async function followed(database: Database, revision: number): Promise<void> {
  const positions = database.collection<{ _id: string; revision: number }>('positions');
  await positions.insertMany(['hosts_kept', 'hosts_told'].map((_id) => ({ _id, revision })));
}

async function keepSecrets(
  database: Database,
  made: readonly { key: string; secret: string }[],
  ids: readonly number[],
): Promise<void> {
  const documents = made.map(({ key, secret }, index) => ({
    _id: key,
    hash: hashOf(secret).toString('hex'),
    role: 'host',
    name: `host ${ids[index]}`,
    host: ids[index],
    issued_at: new Date(),
  }));
  await database.collection<{ _id: string }>('credentials').insertMany(documents);
}
