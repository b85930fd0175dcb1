// Counts the hosts that report an egg, by version.

import type { Egg, EggInstancesReplyCount, EggInstancesRequest } from '@egg/contract/types/eggs';
import type { CallContext, Handlers } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import type { Table } from '@egg/store';
import { compareVersions } from '../domain/semver.ts';
import type { StateCollection } from '../hosts/state-document.ts';

/** `egg/instances` of EggService. */
export function instancesMethod(eggs: Table<Egg>, states: StateCollection): Handlers {
  return {
    async Instances({ egg_id }: EggInstancesRequest, { deadline }: CallContext) {
      await eggs.follow(deadline);
      const egg = await eggs.current(egg_id);
      if (!egg) {
        throw new RpcError('NOT_FOUND', `there is no egg with id ${egg_id}`, {
          violations: [{ field: 'egg_id', reason: 'is not there' }],
        });
      }
      return { data: await countVersions(states, egg.name) };
    },
  };
}

async function countVersions(states: StateCollection, egg: string): Promise<EggInstancesReplyCount[]> {
  const isOnline = { $and: ['$online', { $gt: ['$online_until', new Date()] }] };
  const found = await states
    .aggregate<{ _id: string; hosts: number; online: number }>([
      { $match: { 'eggs.egg': egg } },
      { $unwind: '$eggs' },
      { $match: { 'eggs.egg': egg } },
      {
        $group: { _id: '$eggs.version', hosts: { $sum: 1 }, online: { $sum: { $cond: [isOnline, 1, 0] } } },
      },
    ])
    .toArray();
  return found
    .map(({ _id: version, hosts, online }) => ({ version, hosts, online }))
    .sort((a, b) => compareVersions(b.version, a.version) || (a.version < b.version ? -1 : 1));
}
