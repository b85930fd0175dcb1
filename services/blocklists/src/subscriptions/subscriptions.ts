// The subscriptions of one process, put together: the table followed, what is due fetched, and what a caller may ask for.

import { setInterval } from 'node:timers';
import type { DomainBlock, Subscription } from '@egg/contract/types/blocklists';
import type { Database, Table } from '@egg/store';
import { type RefuseAddress } from './addresses.ts';
import type { FetchEnd } from './fetch-steps.ts';
import { resolveBySystem, type Ways } from './hop.ts';
import { importInto } from './list-import.ts';
import type { StateDocument } from './state-document.ts';
import { States } from './states.ts';
import { TableFollower } from './table-follower.ts';
import { FETCH_LIMITS, type FetchLimits } from './time-limits.ts';
import { update } from './update.ts';
import { Worker, type WorkerOptions } from './worker.ts';

type LogLine = (details: object, message: string) => void;

export interface SubscriptionOptions extends Pick<WorkerOptions, 'leaseMs' | 'lookMs'> {
  readonly database: Pick<Database, 'collection'>;
  readonly subscriptions: Table<Subscription>;
  readonly domains: Table<DomainBlock>;
  readonly refuse: RefuseAddress;
  /** Told of the result of each fetch. */
  readonly count: (result: 'ok' | 'unchanged' | 'failed' | 'held') => void;
  readonly log: {
    readonly debug: LogLine;
    readonly info: LogLine;
    readonly warn: LogLine;
    readonly error: LogLine;
  };
  readonly resolve?: Ways['resolve'];
  readonly limits?: FetchLimits;
}

export interface Subscriptions {
  readonly states: States;
  /** Fetches what is due; to be called when something has become due. */
  wake(): void;
  /** Ends when what was committed to the table by now is followed. */
  settled(): Promise<void>;
  /** Gives up what is under way and hands it to others. */
  stop(): Promise<void>;
}

const PURGE_EVERY_MS = 10 * 60_000;
/** Longer than any write can be under way. */
const GONE_MS = 60 * 60_000;

/** Starts them. Throws where the database does not answer. */
export async function startSubscriptions(options: SubscriptionOptions): Promise<Subscriptions> {
  const { database, subscriptions, domains, refuse, log, count } = options;
  const states = await States.open(database);
  const ways: Ways = { refuse, resolve: options.resolve ?? resolveBySystem };
  const parts = {
    states,
    importList: importInto(domains),
    ways,
    limits: options.limits ?? FETCH_LIMITS,
    log,
  };
  const worker = new Worker({
    ...options,
    states,
    work: (state, signal) => update(parts, state, signal),
    ended: (state, how, ms) => {
      if (how.kind !== 'removed' && how.kind !== 'later') count(how.kind);
      tell(log, state, how, Math.round(ms));
    },
  });
  const follower = await TableFollower.start({
    table: subscriptions,
    states,
    changed: (id, revision) => {
      worker.abort(id, revision);
      worker.wake();
    },
    log,
  });
  const purge = setInterval(() => {
    states.purge(new Date(Date.now() - GONE_MS)).catch(() => undefined);
  }, PURGE_EVERY_MS);
  purge.unref();
  worker.wake();
  return {
    states,
    wake: () => worker.wake(),
    settled: () => follower.settled(),
    stop: async () => {
      clearInterval(purge);
      await follower.stop();
      await worker.stop();
    },
  };
}

/** One line for each end. The url is in none of them: what is behind its `?` may be a secret. */
function tell(
  log: SubscriptionOptions['log'],
  { _id, name }: StateDocument,
  how: FetchEnd,
  ms: number,
): void {
  const fields = { subscription: name, id: _id, result: how.kind, ms };
  switch (how.kind) {
    case 'ok': {
      const { added, removed, refused, entries } = how.facts.last_result ?? {};
      log.info({ ...fields, added, removed, refused, entries }, 'subscription updated');
      break;
    }
    case 'failed':
      log.warn({ ...fields, reason: how.reason }, 'subscription not updated');
      break;
    case 'held':
      log.warn(
        { ...fields, ...how.held },
        'update of a subscription held back: the list has shrunk by more than half',
      );
      break;
    case 'removed':
      log.info(fields, 'entries of a deleted subscription removed');
      break;
    default:
      log.debug(fields, 'subscription looked at');
  }
}
