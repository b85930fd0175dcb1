// References from one service to another: this service's tables as others point at them, and tables of other services as this one does.

import type { Handlers } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import type { OwnTarget, Pointed, Settlement, Target } from '@egg/store';

interface ClaimRequest {
  readonly table: string;
  readonly ids: number[];
  readonly claim: string;
}

interface SettleRequest {
  readonly table: string;
  readonly ids: number[];
  readonly claim?: string;
  readonly by?: string;
  readonly revision?: number;
  readonly points?: boolean;
}

/** The methods of a package's ReferenceService over its tables by name. */
export function referenceMethods(targets: ReadonlyMap<string, OwnTarget>): Handlers {
  const find = (table: string): OwnTarget => {
    const target = targets.get(table);
    if (!target) throw invalidField('table', 'is no table here that others point at');
    return target;
  };
  return {
    async Claim({ table, ids, claim }: ClaimRequest, { deadline }: { deadline: number }) {
      const refused = await find(table).claim(ids, claim, deadline);
      return { refused: refused.map(({ id, isThere: is_there }) => ({ id, is_there })) };
    },
    async Settle({ table, ids, claim, by, revision, points = false }: SettleRequest) {
      await find(table).settle(ids, {
        ...(claim !== undefined && { claim }),
        ...(by !== undefined && revision !== undefined && { pointer: { by, revision, points } }),
      });
      return {};
    },
    async Read({ table, after, limit }: { table: string; after: number; limit: number }) {
      const pointed = await find(table).read(after, limit);
      return { data: pointed.map(({ _id: id, by }) => ({ id, by })) };
    },
    async Drop({ table, id, entries }: { table: string; id: number; entries: string[] }) {
      await find(table).drop(id, entries);
      return {};
    },
  };
}

/** How a method of another service's ReferenceService is called. */
type Call = (method: string, request: object, deadline?: number) => Promise<object>;

/** A table of another service, whose ReferenceService is called. */
export function remoteTarget(table: string, call: Call): Target {
  return {
    claim: async (ids, claim, deadline) => {
      const { refused } = (await call('Claim', { table, ids, claim }, deadline)) as {
        refused: { id: number; is_there: boolean }[];
      };
      return refused.map(({ id, is_there: isThere }) => ({ id, isThere }));
    },
    settle: async (ids, { claim, pointer }: Settlement) => {
      await call('Settle', { table, ids, ...(claim !== undefined && { claim }), ...pointer });
    },
    read: async (after, limit) => {
      const { data } = (await call('Read', { table, after, limit })) as {
        data: { id: number; by: string[] }[];
      };
      return data.map(({ id, by }): Pointed => ({ _id: id, by }));
    },
    drop: async (id, entries) => {
      await call('Drop', { table, id, entries });
    },
  };
}
