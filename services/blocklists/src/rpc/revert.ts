// Makes a blocklist what it was at a revision, in the order that protects.

import type { RevertRequest } from '@egg/contract/types/table';
import type { CallContext, Handlers, Log } from '@egg/rpc';
import { originOf, type RevertCounts, type Table } from '@egg/store';
import { strengthOf } from '../domain/strength.ts';
import type { Entry } from '../lists/entry.ts';
import { followed } from '../lists/progress.ts';

/** Revert for one of the two lists. */
export function revertMethod<E extends Entry>(table: Table<E>, log: Log): Handlers {
  return {
    async *Revert({ revision }: RevertRequest, context: CallContext) {
      let counts: RevertCounts = { added: 0, removed: 0, changed: 0 };
      let data: object | undefined;
      yield* followed({
        log,
        name: `revert of ${table.name}`,
        requestId: context.requestId,
        progress: () => counts,
        run: async () => {
          data = await table.revert({
            revision,
            origin: originOf(context),
            deadline: context.deadline,
            signal: context.signal,
            strength: strengthOf,
            progress: (now) => (counts = now),
          });
        },
      });
      yield { data };
    },
  };
}
