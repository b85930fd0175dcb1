// SubscriptionService as a process serves it: started with the service, counted in its metrics, ended with it.

import { Counter } from '@platformatic/prom-client';
import type { DomainBlock, Subscription } from '@egg/contract/types/blocklists';
import type { Handlers } from '@egg/rpc';
import type { ServiceContext, ServiceParts } from '@egg/service';
import type { Table } from '@egg/store';
import { refusedBy } from '../subscriptions/addresses.ts';
import { startSubscriptions } from '../subscriptions/subscriptions.ts';
import { subscriptionMethods } from './subscription.ts';

const SERVICE = 'egg.blocklists.v1.SubscriptionService';

/** Starts to fetch what is due, and gives the methods that the table does not have by itself. */
export async function subscriptionService(
  { config, log, metrics }: ServiceContext,
  { subscriptions, domains }: { subscriptions: Table<Subscription>; domains: Table<DomainBlock> },
  { database, standard, onStop }: ServiceParts,
): Promise<Readonly<Record<string, Handlers>>> {
  const fetches = new Counter({
    name: 'subscription_fetches_total',
    help: 'Fetches of remote lists, by result: ok, unchanged, failed, held',
    labelNames: ['result'],
    registers: [metrics.registry],
  });
  const running = await startSubscriptions({
    database,
    subscriptions,
    domains,
    refuse: refusedBy(config.subscriptions),
    count: (result) => fetches.inc({ result }),
    log,
  });
  onStop(() => running.stop());
  return { [SERVICE]: subscriptionMethods(subscriptions, running, standard[SERVICE] ?? {}) };
}
