// The counters: each is the head revision of its blocklist, so raising one is a commit that changes nothing else.

import type { ListCountersRequest, UpdateCounterRequest } from '@egg/contract/types/blocklists';
import type { CallContext, Handlers } from '@egg/rpc';
import { type AnyTable, originOf } from '@egg/store';

type Field = UpdateCounterRequest['field'];

/** The methods of CounterService, over the tables that the counters belong to. */
export function counterMethods(tables: Readonly<Record<Field, AnyTable>>): Handlers {
  return {
    async Update({ field }: UpdateCounterRequest, context: CallContext) {
      return { data: { field, value: await tables[field].touch(originOf(context), context.deadline) } };
    },

    async List({ field }: ListCountersRequest, context: CallContext) {
      const fields = field ? [field] : (Object.keys(tables) as Field[]);
      await Promise.all(fields.map((name) => tables[name].follow(context.deadline)));
      return { data: fields.map((name) => ({ field: name, value: tables[name].revision })) };
    },
  };
}
