// Eggs, versions, files, hosts and check-in will live here; so far it answers health.

import { loadContract } from '@egg/contract';
import { type Running, type ServiceContext, startTableService } from '@egg/service';

/** The eggs service. */
export function startEggs(context: ServiceContext): Promise<Running> {
  return startTableService(context, {
    name: 'eggs',
    contract: loadContract(),
    tables: {},
    methods: () => ({}),
  });
}
