// The check-in: a host's report is kept, and answered with the counters, its work, and when to come again.

import { createHash } from 'node:crypto';
import type { Violation } from '@egg/contract';
import type {
  CheckInReplyExecution,
  CheckInRequest,
  CheckInRequestBlocked,
  CheckInRequestEgg,
  CheckInRequestReport,
  Host,
} from '@egg/contract/types/eggs';
import type { CallContext, Handlers } from '@egg/rpc';
import { invalidFields, RpcError } from '@egg/rpc/errors';
import { type Counted, countedDomain, summed } from '../domain/blocked.ts';
import { isVersion } from '../domain/semver.ts';
import type { Hosts } from '../hosts/hosts.ts';

/** A host as the work for it is found by. */
interface WorkingHost extends Pick<Host, 'id' | 'name' | 'platform' | 'labels'> {
  readonly eggs: readonly { readonly egg: string; readonly version: string }[];
}

/** Tells what became of earlier work, and answers with what is to be done. Until the deadline (epoch ms). */
export type FindWork = (
  host: WorkingHost,
  reports: readonly CheckInRequestReport[],
  context: Pick<CallContext, 'requestId' | 'deadline' | 'signal'>,
) => Promise<CheckInReplyExecution[]>;

export interface CheckInParts extends Pick<Hosts, 'checkIns' | 'heads'> {
  readonly findWork: FindWork;
  readonly log: { debug(details: object, message: string): void };
}

const ANSWER_MS = 8000;
/** The counters do not wait for work that does not come. */
const WORK_MS = 2000;

/** The methods of CheckInService. */
export function checkInMethods({ checkIns, heads, findWork, log }: CheckInParts): Handlers {
  const work = async (
    host: WorkingHost,
    reports: readonly CheckInRequestReport[],
    { requestId, signal, deadline }: CallContext,
  ): Promise<{ executions: CheckInReplyExecution[]; tasks_away?: true }> => {
    const until = Math.min(deadline, Date.now() + WORK_MS);
    const asked = findWork(host, reports, { requestId, signal, deadline: until });
    try {
      const executions = await unlessLate(asked, until);
      return executions ? { executions } : { executions: [], tasks_away: true };
    } catch (error) {
      log.debug({ err: error, request_id: requestId, host: host.id }, 'a host gets no work now');
      return { executions: [], tasks_away: true };
    }
  };

  return {
    async CheckIn(request: CheckInRequest, context: CallContext) {
      const { caller, requestBytes, idempotencyKey: key } = context;
      if (caller.host === undefined) throw new RpcError('PERMISSION_DENIED', "this needs a host's own token");
      const { eggs = [], executions = [], blocked } = request;
      const checkIn = {
        host: caller.host,
        ...(key !== undefined && { key }),
        hash: createHash('sha256').update(requestBytes).digest('base64'),
        eggs,
        blocked: readReport(eggs, blocked),
      };
      const until = Math.min(context.deadline, Date.now() + ANSWER_MS);
      const { host, state } = await checkIns.take(checkIn, until);
      const { id, name, platform, labels } = host;
      const found = await work({ id, name, platform, labels, eggs: state.eggs }, executions, context);
      return {
        data: {
          // Last, because they must not be old.
          ...(await heads.read()),
          ...found,
          next_check_in_seconds: state.interval_seconds,
        },
      };
    },
  };
}

/** What is counted. Throws INVALID_ARGUMENT that names all that is wrong. */
function readReport(
  eggs: readonly CheckInRequestEgg[],
  { domains = [], processes = [] }: CheckInRequestBlocked = {},
): Counted[] {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  for (const [index, { egg, version }] of eggs.entries()) {
    if (!isVersion(version))
      violations.push({ field: `eggs[${index}].version`, reason: 'is no version by SemVer 2' });
    if (seen.has(egg)) violations.push({ field: `eggs[${index}].egg`, reason: 'is there twice' });
    seen.add(egg);
  }
  const counted: Counted[] = processes.map(({ process, count }) => ({
    kind: 'process',
    name: process,
    count,
  }));
  for (const [index, { domain, count }] of domains.entries()) {
    const name = countedDomain(domain);
    if (name === undefined)
      violations.push({ field: `blocked.domains[${index}].domain`, reason: 'is no domain' });
    else counted.push({ kind: 'domain', name, count });
  }
  if (violations.length > 0) throw invalidFields(violations);
  return summed(counted);
}

/** Undefined where it does not come in time; what comes later is nobody's. */
async function unlessLate<T>(promise: Promise<T>, until: number): Promise<T | undefined> {
  promise.catch(() => undefined);
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), Math.max(0, until - Date.now()));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
