// What this service serves of hosts, as a process has it: started with the service, ended with it.

import type { Contract } from '@egg/contract';
import type { Egg, Host } from '@egg/contract/types/eggs';
import type { Handlers } from '@egg/rpc';
import type { ServiceContext, ServiceParts } from '@egg/service';
import type { Table, Writes } from '@egg/store';
import { startHosts } from '../hosts/hosts.ts';
import { checkInMethods } from './check-in.ts';
import { hostMethods } from './host.ts';
import { instancesMethod } from './instances.ts';
import { scanMethod } from './scan-hosts.ts';
import { statsMethods } from './stats.ts';
import { workOfTasks } from './work.ts';

const HOST_SERVICE = 'egg.eggs.v1.HostService';

export interface HostServicesOptions {
  readonly contract: Contract;
  readonly context: ServiceContext;
  readonly tables: { readonly hosts: Table<Host>; readonly eggs: Table<Egg> };
  readonly writes: Writes<Host>;
  readonly parts: Omit<ServiceParts, 'writes'>;
}

/** Starts to watch hosts, and gives the methods that their tables do not have by themselves. */
export async function hostServices({
  contract,
  context: { config, log },
  tables: { hosts: table, eggs },
  writes,
  parts: { access, bus, database, others, standard, onStop },
}: HostServicesOptions): Promise<Readonly<Record<string, Handlers>>> {
  const { credentials } = access;
  const seconds = config.checkInSeconds;
  const hosts = await startHosts({ contract, database, hosts: table, credentials, bus, seconds, log });
  onStop(() => hosts.stop());
  const { states, checkIns, heads, enrolments, followed } = hosts;
  return {
    [HOST_SERVICE]: {
      ...hostMethods({ table, writes, access, enrolments, followed, standard: standard[HOST_SERVICE] ?? {} }),
      ...scanMethod(table, states),
    },
    'egg.eggs.v1.CheckInService': checkInMethods({ checkIns, heads, findWork: workOfTasks(others), log }),
    'egg.eggs.v1.StatsService': statsMethods(database),
    'egg.eggs.v1.EggService': instancesMethod(eggs, states),
  };
}
