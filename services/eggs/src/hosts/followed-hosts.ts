// What follows from commits to hosts, whoever made them and whatever is killed after: secrets hold or are revoked as the records say,
// states of deleted hosts go, and the bus is told of enrolments.

import type { Facts } from '@egg/bus';
import type { Host } from '@egg/contract/types/eggs';
import { RpcError } from '@egg/rpc/errors';
import type { Credentials } from '@egg/service';
import { type Commit, type Database, type PositionDocument, startLogWorker, type Table } from '@egg/store';
import type { StateCollection } from './state-document.ts';

export interface FollowedOptions {
  readonly database: Pick<Database, 'collection'>;
  readonly hosts: Table<Host>;
  readonly states: StateCollection;
  readonly credentials: Credentials;
  readonly facts: Facts;
  readonly log: { warn(details: object, message: string): void };
}

const KEEP_MS = 5000;

/** The verb of the commit that gives a host its secret. */
export const ENROLLED = 'enrolled';

export interface FollowedHosts {
  /**
   * Resolves when secrets and states are what the records say up to a revision. Throws UNAVAILABLE where that takes longer than to the
   * deadline (epoch ms); it comes all the same.
   */
  kept(revision: number, deadline: number): Promise<void>;
  stop(): Promise<void>;
}

/** Goes on from where any replica was. */
export function followHosts(options: FollowedOptions): FollowedHosts {
  const { database, hosts, facts, log } = options;
  const rest = {
    source: hosts.source(),
    positions: database.collection<PositionDocument>('positions'),
    log,
  };
  const keeping = startLogWorker<Host>({ ...rest, name: 'hosts_kept', work: (all) => keep(options, all) });
  // Apart, so that a bus that is away holds up nothing else.
  const telling = startLogWorker<Host>({
    ...rest,
    name: 'hosts_told',
    work: (commits) => facts.tell(commits.flatMap(enrolments)),
  });
  return {
    async kept(revision, deadline) {
      if (await keeping.reached(revision, Math.min(deadline, Date.now() + KEEP_MS))) return;
      throw new RpcError('UNAVAILABLE', 'the change is made, but what follows from it is not done yet');
    },
    async stop() {
      await Promise.all([keeping.stop(), telling.stop()]);
    },
  };
}

/**
 * In any order, and harmless to repeat: a key is in one record and only once, so a secret that was revoked is never confirmed again, and
 * a host that was deleted never comes back.
 */
async function keep(
  { states, credentials }: Pick<FollowedOptions, 'states' | 'credentials'>,
  commits: readonly Commit<Host>[],
): Promise<void> {
  const changes = commits.flatMap((commit) => commit.changes);
  await Promise.all(
    changes.map(async ({ id, before, after }) => {
      const [was, is] = [before?.token_key, after?.token_key];
      if (is !== undefined && is !== was) await credentials.confirm(is, { host: id });
      if (was !== undefined && was !== is) await credentials.revoke(was);
      if (!after) await states.deleteOne({ _id: id }, { writeConcern: { w: 'majority' } });
    }),
  );
}

function enrolments({ verb, revision, at, actor, requestId, changes }: Commit<Host>) {
  if (verb !== ENROLLED) return [];
  return changes.flatMap(({ id, after }) => {
    if (!after) return [];
    const { name, platform, labels } = after;
    const data = { host: { id, name, platform, labels }, at };
    return [{ id: `host:${id}:enrolled:${revision}`, verb, subject: String(id), at, data, actor, requestId }];
  });
}
