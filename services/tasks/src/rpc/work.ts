// The work of hosts that check in.

import type { WorkRequest } from '@egg/contract/types/tasks';
import type { CallContext, Handlers } from '@egg/rpc';
import type { WorkFinder } from '../runs/work-finder.ts';

/** The methods of WorkService. */
export function workMethods(work: WorkFinder): Handlers {
  return {
    async CheckIn({ host, executions = [] }: WorkRequest, { deadline }: CallContext) {
      const { id, name = '', platform = '', labels = {}, eggs = [] } = host;
      const asking = {
        id,
        name,
        platform,
        labels,
        eggs: eggs.map(({ egg = '', version = '' }) => ({ egg, version })),
      };
      const reports = executions.map(
        ({ id: execution = '', attempt = 0, state = '', exit_code, message }) => ({
          id: execution,
          attempt,
          state,
          exit_code,
          message,
        }),
      );
      return { executions: await work.find(asking, reports, deadline) };
    },
  };
}
