// What this service serves, at a glance.

import { loadContract } from '@egg/contract';
import { type Running, type ServiceContext, startTableService } from '@egg/service';
import { DomainLookup } from './lookup/domain-lookup.ts';
import { ProcessLookup } from './lookup/process-lookup.ts';
import { domainCheck, processCheck } from './rpc/check.ts';
import { counterMethods } from './rpc/counter.ts';
import { domainExport, processExport } from './rpc/export.ts';
import { domainImport, processImport } from './rpc/import.ts';
import { revertMethod } from './rpc/revert.ts';
import { subscriptionService } from './rpc/subscription-service.ts';
import { domainBlocks, processBlocks, subscriptions } from './tables.ts';

/** The blocklists of domains and processes, their counters, and subscriptions to remote lists. */
export function startBlocklists(context: ServiceContext): Promise<Running> {
  const contract = loadContract();
  const [domainLookup, processLookup] = [new DomainLookup(), new ProcessLookup()];
  return startTableService(context, {
    name: 'blocklists',
    contract,
    tables: {
      domains: domainBlocks(contract, domainLookup),
      processes: processBlocks(contract, processLookup),
      subscriptions: subscriptions(contract, context.config.subscriptions),
    },
    methods: async ({ domains, processes, subscriptions }, parts) => ({
      'egg.blocklists.v1.DomainBlockService': {
        ...domainCheck(domains, domainLookup),
        ...domainImport(domains, context.log),
        ...domainExport(domains),
        ...revertMethod(domains, context.log),
      },
      'egg.blocklists.v1.ProcessBlockService': {
        ...processCheck(processes, processLookup),
        ...processImport(processes, context.log),
        ...processExport(processes),
        ...revertMethod(processes, context.log),
      },
      'egg.blocklists.v1.CounterService': counterMethods({
        counter_for_domain: domains,
        counter_for_process: processes,
      }),
      ...(await subscriptionService(context, { subscriptions, domains }, parts)),
    }),
  });
}
