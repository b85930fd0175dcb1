// What follows from commits to hosts, whoever made them and whatever is killed after: secrets hold or are revoked as the records say,
// states of deleted hosts go, and the bus is told of enrolments.

import type { Facts } from '@egg/bus';
import type { Host } from '@egg/contract/types/eggs';
import { RpcError } from '@egg/rpc/errors';
import type { Credentials } from '@egg/service';
import { type Commit, type Database, type PositionDocument, startLogWorker, type Table } from '@egg/store';
import { DURABLE, type StateCollection } from './state-document.ts';

export interface FollowedOptions {
  readonly database: Pick<Database, 'collection'>;
  readonly hosts: Table<Host>;
  readonly states: StateCollection;
  readonly credentials: Credentials;
  readonly facts: Facts;
  readonly log: { warn(details: object, message: string): void };
}

const KEEP_MS = 5000;
/** Changes at once: what a call of the database does in its time, also where it syncs each by itself. */
const SOME = 200;
const SWEEP_MS = 10 * 60_000;

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
  const { database, hosts, credentials, facts, log } = options;
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
  /** Takes away the secrets of enrolments that died before their commit: one that has a commit is confirmed by then. */
  const sweep = async (): Promise<void> => {
    const keys = await credentials.abandoned('host');
    if (keys.length === 0) return;
    await hosts.follow();
    if (await keeping.reached(hosts.revision, Date.now() + KEEP_MS)) await credentials.forget(keys);
  };
  const sweepAtLast = (): void =>
    void sweep().catch((error: unknown) => log.warn({ err: error }, 'secrets of no host are swept later'));
  sweepAtLast();
  const sweeping = setInterval(sweepAtLast, SWEEP_MS).unref();
  return {
    async kept(revision, deadline) {
      if (await keeping.reached(revision, Math.min(deadline, Date.now() + KEEP_MS))) return;
      throw new RpcError('UNAVAILABLE', 'the change is made, but what follows from it is not done yet');
    },
    async stop() {
      clearInterval(sweeping);
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
  for (let from = 0; from < changes.length; from += SOME) {
    const some = changes.slice(from, from + SOME);
    const turned = some.filter(({ before, after }) => before?.token_key !== after?.token_key);
    const given = turned.flatMap(({ id, after }) =>
      after?.token_key === undefined ? [] : [{ key: after.token_key, host: id }],
    );
    await credentials.confirmAll(given);
    await credentials.revokeAll(turned.flatMap(({ before }) => before?.token_key ?? []));
    const deleted = some.filter(({ after }) => !after).map(({ id }) => id);
    if (deleted.length > 0) await states.deleteMany({ _id: { $in: deleted } }, DURABLE);
  }
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
