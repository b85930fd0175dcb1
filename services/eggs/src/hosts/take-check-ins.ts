// Takes the check-ins of one batch: reads what is known of their hosts, decides each, and writes all at once, again for those where
// somebody was faster. What they say was blocked is written down before, and holds for those that turn out to be taken.

import type { Host } from '@egg/contract/types/eggs';
import { RpcError } from '@egg/rpc/errors';
import { type Counted, dayOf } from '../domain/blocked.ts';
import { type HostState, type Report, takeReport } from '../domain/host-state.ts';
import type { BlockedCounts } from './blocked-counts.ts';
import { type StateCollection, type StateDocument, WITHOUT_PENDING } from './state-document.ts';
import { type NextState, writeStates } from './write-states.ts';

export interface CheckIn extends Omit<Report, 'at'> {
  readonly host: number;
  readonly blocked: readonly Counted[];
}

export interface TakenCheckIn {
  readonly host: Host;
  readonly state: HostState;
}

export interface TakeParts {
  readonly states: StateCollection;
  /** The records of hosts, by id. */
  readonly hostsOf: (ids: readonly number[]) => Promise<ReadonlyMap<number, Host>>;
  readonly counts: BlockedCounts;
  /** Some hosts have turned. */
  readonly turned: () => void;
}

type Outcome = TakenCheckIn | RpcError;

const TRIES_MS = 8000;
const AGAIN_MS = 20;

/** Takes them; no host comes twice in a batch. Throws where nothing is known of what became of them. */
export async function takeCheckIns(parts: TakeParts, checkIns: readonly CheckIn[]): Promise<Outcome[]> {
  const at = new Date();
  const hosts = await parts.hostsOf(checkIns.map(({ host }) => host));
  const day = dayOf(at);
  const batch = await parts.counts.begin(
    day,
    checkIns.filter(({ host }) => hosts.has(host)),
  );
  const outcomes = new Map<number, Outcome>();
  for (const { host } of checkIns) if (!hosts.has(host)) outcomes.set(host, noHost());
  let counted: Set<number> | undefined;
  try {
    counted = await takeAll({ ...parts, hosts, outcomes, batch: batch.id, at }, checkIns);
  } finally {
    batch.over(counted);
  }
  return checkIns.map(({ host }) => outcomes.get(host) ?? noHost());
}

interface Taking extends TakeParts {
  readonly hosts: ReadonlyMap<number, Host>;
  readonly outcomes: Map<number, Outcome>;
  readonly batch: string;
  readonly at: Date;
}

/** Answers with the hosts whose check-ins count. */
async function takeAll(taking: Taking, checkIns: readonly CheckIn[]): Promise<Set<number>> {
  const { outcomes } = taking;
  const counted = new Set<number>();
  for (const until = Date.now() + TRIES_MS; ;) {
    const left = checkIns.filter(({ host }) => !outcomes.has(host));
    if (left.length === 0) return counted;
    if (Date.now() > until) throw new RpcError('UNAVAILABLE', 'the check-in could not be kept in time');
    const states = await readStates(taking.states, left);
    const uncounted = await taking.counts.uncounted([...states.values()].flatMap(({ batches }) => batches));
    const next = decideAll({ ...taking, uncounted }, left, states);
    const written = await writeStates(taking.states, taking.batch, next);
    for (const { id, state, before, batches } of next) {
      if (!written.has(id)) continue;
      outcomes.set(id, { host: taking.hosts.get(id) as Host, state });
      if (batches.includes(taking.batch)) counted.add(id);
      if (state.turns !== (before?.turns ?? 0)) taking.turned();
    }
    if (written.size < next.length) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** What is to be written; the outcomes of the others are known. */
function decideAll(
  { hosts, outcomes, batch, uncounted, at }: Taking & { readonly uncounted: ReadonlySet<string> },
  checkIns: readonly CheckIn[],
  states: ReadonlyMap<number, StateDocument>,
): NextState[] {
  return checkIns.flatMap((checkIn): NextState[] => {
    const id = checkIn.host;
    const host = hosts.get(id) as Host;
    const before = states.get(id);
    const taken = takeReport(before, { ...checkIn, at });
    if (taken.kind === 'new' || taken.kind === 'seen') {
      const batches = (before?.batches ?? []).filter((one) => uncounted.has(one));
      if (taken.kind === 'new' && checkIn.blocked.length > 0) batches.push(batch);
      return [{ id, name: host.name, before, state: taken.state, batches, at }];
    }
    outcomes.set(id, taken.kind === 'known' ? { host, state: taken.state } : otherBody());
    return [];
  });
}

async function readStates(
  states: StateCollection,
  checkIns: readonly CheckIn[],
): Promise<Map<number, StateDocument>> {
  const ids = checkIns.map(({ host }) => host);
  const found = await states.find({ _id: { $in: ids } }, WITHOUT_PENDING).toArray();
  return new Map(found.map((state) => [state._id, state]));
}

function noHost(): RpcError {
  return new RpcError('PERMISSION_DENIED', 'the host of this token is not there any more');
}

function otherBody(): RpcError {
  return new RpcError('ALREADY_EXISTS', 'this Idempotency-Key was used with another body', {
    violations: [{ field: 'Idempotency-Key', reason: 'was used with another body' }],
  });
}
