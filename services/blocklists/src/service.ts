// What this service serves, at a glance.

import { loadContract } from '@egg/contract';
import { type Running, type ServiceContext, startTableService } from '@egg/service';
import { counterMethods } from './rpc/counter.ts';
import { domainBlocks, processBlocks } from './tables.ts';

/** The blocklists of domains and processes, and their counters. */
export function startBlocklists(context: ServiceContext): Promise<Running> {
  const contract = loadContract();
  return startTableService(context, {
    name: 'blocklists',
    contract,
    tables: { domains: domainBlocks(contract), processes: processBlocks(contract) },
    methods: ({ domains, processes }) => ({
      'egg.blocklists.v1.CounterService': counterMethods({
        counter_for_domain: domains,
        counter_for_process: processes,
      }),
    }),
  });
}
