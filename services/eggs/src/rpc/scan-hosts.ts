// All hosts that can come, with what they run, for the service that gives them work.

import type { Host, ScanHostsReply, ScanHostsRequest } from '@egg/contract/types/eggs';
import type { Handlers } from '@egg/rpc';
import type { Table } from '@egg/store';
import type { StateCollection } from '../hosts/state-document.ts';

const SOME = 500;
const DENSE = 4;
/** By estimate, so that a reply stays well under the 4 MiB of one message. */
const BYTES = 1024 * 1024;

/** `Scan` of HostService. */
export function scanMethod(hosts: Table<Host>, states: StateCollection): Handlers {
  return {
    async *Scan({ ids = [] }: ScanHostsRequest): AsyncGenerator<ScanHostsReply> {
      for await (const rows of ids.length > 0 ? named(hosts, ids) : hosts.scan(ENROLLED)) {
        for (let from = 0; from < rows.length; from += SOME)
          yield* inReplies(await withEggs(rows.slice(from, from + SOME), states));
      }
    },
  };
}

const ENROLLED = { enrolled_at: { $exists: true } };

async function* named(hosts: Table<Host>, ids: readonly number[]): AsyncGenerator<Host[]> {
  await hosts.follow();
  const found = await hosts.currentOf(ids);
  yield [...found.values()].filter(({ enrolled_at }) => enrolled_at).sort((a, b) => a.id - b.id);
}

type Scanned = ScanHostsReply['hosts'][number];

async function withEggs(rows: readonly Host[], states: StateCollection): Promise<Scanned[]> {
  const [first, last] = [rows[0]?.id ?? 0, rows.at(-1)?.id ?? 0];
  // One look at a range is cheaper than one for each host, where there is not much else in it.
  const isDense = last - first < rows.length * DENSE;
  const ids = isDense ? { $gte: first, $lte: last } : { $in: rows.map(({ id }) => id) };
  const found = await states.find({ _id: ids }, { projection: { eggs: 1 } }).toArray();
  const eggs = new Map(found.map((state) => [state._id, state.eggs]));
  return rows.map(({ id, name, platform, labels }) => {
    return { id, name, platform, labels, eggs: [...(eggs.get(id) ?? [])] };
  });
}

function* inReplies(hosts: readonly Scanned[]): Generator<ScanHostsReply> {
  let [some, bytes]: [Scanned[], number] = [[], 0];
  for (const host of hosts) {
    const weight = JSON.stringify(host).length;
    if (bytes + weight > BYTES && some.length > 0) {
      yield { hosts: some };
      [some, bytes] = [[], 0];
    }
    some.push(host);
    bytes += weight;
  }
  if (some.length > 0) yield { hosts: some };
}
