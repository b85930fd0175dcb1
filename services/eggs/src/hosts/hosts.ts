// Hosts as one process serves them, put together: their check-ins taken, their presence watched, what follows from commits done, and the
// bus told of all of it.

import { type Bus, startFacts } from '@egg/bus';
import type { Contract } from '@egg/contract';
import type { Host } from '@egg/contract/types/eggs';
import type { Log } from '@egg/rpc';
import type { Credentials } from '@egg/service';
import type { Database, Table } from '@egg/store';
import { BlockedCounts } from './blocked-counts.ts';
import { CheckIns } from './check-ins.ts';
import { Enrolments } from './enrolments.ts';
import { type FollowedHosts, followHosts } from './followed-hosts.ts';
import { Heads } from './heads.ts';
import { Presence } from './presence.ts';
import { hostStates, prepareStates, type StateCollection } from './state-document.ts';
import { ToldTurns } from './told-turns.ts';

export interface HostsOptions {
  readonly contract: Contract;
  readonly database: Pick<Database, 'collection'>;
  readonly hosts: Table<Host>;
  readonly credentials: Credentials;
  readonly bus: Bus;
  /** How often hosts check in, in seconds. */
  readonly seconds: number;
  readonly log: Log;
}

export interface Hosts {
  readonly states: StateCollection;
  readonly checkIns: CheckIns;
  readonly heads: Heads;
  readonly enrolments: Enrolments;
  readonly followed: Pick<FollowedHosts, 'kept'>;
  stop(): Promise<void>;
}

/** Starts it all. Throws where the database does not answer. */
export async function startHosts(options: HostsOptions): Promise<Hosts> {
  const { contract, database, hosts, bus, seconds, log } = options;
  const kind = contract.table(hosts.name).facts;
  if (kind === undefined) throw new Error('the contract does not say how facts of hosts are told');
  const states = hostStates(database);
  await prepareStates(states);
  const facts = startFacts({ bus, log, kind });
  const turns = new ToldTurns({ states, facts, log });
  const counts = new BlockedCounts({ database, log });
  const shared = {
    states,
    hostsOf: (ids: readonly number[]) => hosts.currentOf(ids),
    turned: () => turns.wake(),
    log,
  };
  const checkIns = new CheckIns({ ...shared, counts, seconds });
  const presence = new Presence(shared);
  const followed = followHosts({ ...options, states, facts });
  const heads = new Heads(contract, database);
  const enrolments = new Enrolments(options);
  return {
    states,
    checkIns,
    heads,
    enrolments,
    followed,
    stop: async () => {
      heads.stop();
      await Promise.all([checkIns.stop(), enrolments.stop()]);
      await Promise.all([presence.stop(), followed.stop(), counts.stop()]);
      await turns.stop();
      await facts.stop();
    },
  };
}
