// All hosts that can come, with what they run, for the service that gives them work.

import type { Host, ScanHostsReply, ScanHostsRequest } from '@egg/contract/types/eggs';
import type { Handlers } from '@egg/rpc';
import type { Table } from '@egg/store';
import type { StateCollection, StateDocument } from '../hosts/state-document.ts';

const SOME = 500;
const DENSE = 4;
/** By estimate, so that a reply stays well under the 4 MiB of one message. */
const BYTES = 1024 * 1024;
const HOST_BYTES = 40;
const ENTRY_BYTES = 20;

/** `Scan` of HostService. */
export function scanMethod(hosts: Table<Host>, states: StateCollection): Handlers {
  return {
    async *Scan({ ids = [], with_eggs = false }: ScanHostsRequest): AsyncGenerator<ScanHostsReply> {
      const rows = ids.length > 0 ? named(hosts, ids) : hosts.scan(ENROLLED, FIELDS);
      for await (const some of ahead(scanned(rows, with_eggs ? states : undefined))) yield* inReplies(some);
    },
  };
}

const ENROLLED = { enrolled_at: { $exists: true } };
const FIELDS = ['name', 'platform', 'labels'];

async function* named(hosts: Table<Host>, ids: readonly number[]): AsyncGenerator<Host[]> {
  await hosts.follow();
  const found = await hosts.currentOf(ids);
  yield [...found.values()].filter(({ enrolled_at }) => enrolled_at).sort((a, b) => a.id - b.id);
}

type Scanned = ScanHostsReply['hosts'][number];

/** In pieces that cost little memory. */
async function* scanned(
  windows: AsyncIterable<readonly Host[]>,
  states: StateCollection | undefined,
): AsyncGenerator<Scanned[]> {
  for await (const rows of windows)
    for (let from = 0; from < rows.length; from += SOME) {
      const some = rows.slice(from, from + SOME);
      const eggs = states && (await eggsOf(some, states));
      yield some.map(({ id, name, platform, labels }) => {
        return { id, name, platform, labels, eggs: [...(eggs?.get(id) ?? [])] };
      });
    }
}

async function eggsOf(
  rows: readonly Host[],
  states: StateCollection,
): Promise<Map<number, StateDocument['eggs']>> {
  const [first, last] = [rows[0]?.id ?? 0, rows.at(-1)?.id ?? 0];
  // One look at a range is cheaper than one for each host, where there is not much else in it.
  const isDense = last - first < rows.length * DENSE;
  const ids = isDense ? { $gte: first, $lte: last } : { $in: rows.map(({ id }) => id) };
  const found = await states.find({ _id: ids }, { projection: { eggs: 1 } }).toArray();
  return new Map(found.map((state) => [state._id, state.eggs]));
}

/** Reads the next piece while the one before is sent. */
async function* ahead<T>(pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    let next = pieces.next();
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = pieces.next();
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await pieces.return(undefined);
  }
}

function* inReplies(hosts: readonly Scanned[]): Generator<ScanHostsReply> {
  let [some, bytes]: [Scanned[], number] = [[], 0];
  for (const host of hosts) {
    const weight = weightOf(host);
    if (bytes + weight > BYTES && some.length > 0) {
      yield { hosts: some };
      [some, bytes] = [[], 0];
    }
    some.push(host);
    bytes += weight;
  }
  if (some.length > 0) yield { hosts: some };
}

function weightOf({ name, platform, labels, eggs }: Scanned): number {
  let weight = name.length + platform.length + HOST_BYTES;
  for (const key in labels) weight += key.length + (labels[key]?.length ?? 0) + ENTRY_BYTES;
  for (const { egg, version } of eggs) weight += egg.length + version.length + ENTRY_BYTES;
  return weight;
}
