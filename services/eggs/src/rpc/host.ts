// The methods of HostService that are not those of every table: a host gets a secret of its own, and loses it by a reset or with itself.
// Which secret holds is said by the hosts' log alone: it is made before the commit that names it and holds after.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnrollHostRequest, Host, ResetHostRequest } from '@egg/contract/types/eggs';
import type { CallContext, Handlers, UnaryHandler } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import type { Credential, ServiceAccess } from '@egg/service';
import {
  type Change,
  type Commit,
  type Fields,
  type Origin,
  originOf,
  type Table,
  type Writes,
} from '@egg/store';
import { enrol } from '../domain/enrolment.ts';
import { ENROLLED } from '../hosts/followed-hosts.ts';
import type { Hosts } from '../hosts/hosts.ts';
import { asRecord, newHost } from '../hosts/rules.ts';

export interface HostParts {
  readonly table: Table<Host>;
  readonly writes: Writes<Host>;
  readonly access: Pick<ServiceAccess, 'credentials' | 'identify' | 'forgetMs'>;
  readonly followed: Hosts['followed'];
  /** The methods that the table has by itself. */
  readonly standard: Handlers;
}

type Delete = (request: { id: number }, context: CallContext) => Promise<object>;

const ENROL_MS = 10_000;

/** The methods. */
export function hostMethods(parts: HostParts): Handlers {
  const { table, writes, access, followed, standard } = parts;
  const deleteRecord = standard['Delete'] as UnaryHandler as Delete;

  /** Ends when no process takes a secret any more that the records do not name. */
  const forgotten = async ({ deadline }: CallContext): Promise<void> => {
    await followed.kept(table.revision, deadline);
    await delay(access.forgetMs);
  };

  return {
    async Enroll(request: EnrollHostRequest, context: CallContext) {
      const token = await enrolmentToken(access, request.enrollment_token, context);
      const deadline = Math.min(context.deadline, Date.now() + ENROL_MS);
      const origin = originOfEnrolment(request, token, context);
      const commit = (await table.repeated(origin, deadline)) ?? undefined;
      if (commit) return { data: { id: changeIn(commit).id } };
      await refuseEnrolled(table, request.name, deadline);
      return { data: await enrolOnce(parts, { request, token, origin, deadline }) };
    },

    async Reset({ id }: ResetHostRequest, context: CallContext) {
      const { record } = await writes.update(id, withoutSecret, context, { verb: 'reset' });
      await forgotten(context);
      return { data: record };
    },

    async Delete(request: { id: number }, context: CallContext) {
      const answer = (await deleteRecord(request, context)) as { data?: Partial<Host> };
      if (answer.data?.token_key !== undefined) await forgotten(context);
      return answer;
    },
  };
}

interface Enrolling {
  readonly request: EnrollHostRequest;
  readonly token: Credential;
  readonly origin: Origin;
  readonly deadline: number;
}

/** A use of the token and a secret are taken before the commit, and given back where it does not come of them. */
async function enrolOnce(
  { table, access: { credentials }, followed }: HostParts,
  enrolling: Enrolling,
): Promise<{ id: number; token?: string }> {
  const { request, token, deadline } = enrolling;
  if (!(await credentials.take(token.key))) throw notValid('is used up');
  const giveBack = async (key?: string): Promise<void> => {
    await credentials.giveBack(token.key);
    if (key !== undefined) await credentials.revoke(key);
  };
  const { key, secret } = await credentials
    .issue({ role: 'host', name: request.name })
    .catch(async (error) => {
      await giveBack();
      throw error as Error;
    });
  let commit: Commit<Host>;
  try {
    commit = await commitEnrolment(table, key, enrolling);
  } catch (error) {
    // Where nobody knows whether the commit is in, the log will say it: the secret waits for that, and the use is spent.
    if (error instanceof RpcError && error.code !== 'UNAVAILABLE') await giveBack(key);
    throw error;
  }
  const { id, after } = changeIn(commit);
  if (after?.token_key !== key) {
    // The same request was made at the same moment.
    await giveBack(key);
    return { id };
  }
  // It holds a moment later in any case.
  await followed.kept(commit.revision, deadline).catch(() => undefined);
  return { id, token: secret };
}

async function commitEnrolment(
  table: Table<Host>,
  key: string,
  { request, origin, deadline }: Enrolling,
): Promise<Commit<Host>> {
  const { name, platform, labels } = request;
  const wanted = newHost({ name, platform });
  const { commit } = await table.submit({
    origin,
    deadline,
    keys: [table.keyOf(wanted)],
    decide: (view) => {
      const there = view.same(wanted);
      const fields = enrol(there, { name, platform, ...(labels && { labels }), key, at: view.at });
      if (!fields) throw alreadyEnrolled(name);
      if (there) view.replace(there, asRecord(fields));
      else view.add(asRecord(fields));
      return { verb: ENROLLED };
    },
  });
  if (!commit) throw new Error('an enrolment made no commit');
  return commit;
}

/** Throws UNAUTHENTICATED for what is no token for enrolment that holds. */
async function enrolmentToken(
  access: HostParts['access'],
  token: string,
  { from }: CallContext,
): Promise<Credential> {
  const { credential } = await access.identify(token, from).catch((error: RpcError) => {
    throw error.code === 'UNAUTHENTICATED' ? notValid('is not valid') : error;
  });
  if (credential?.role !== 'enroll') throw notValid('is not one for enrolment');
  return credential;
}

/** Without the token: no hash of it is ever in a log. */
function originOfEnrolment(
  { name, platform, labels = {} }: EnrollHostRequest,
  token: Credential,
  context: CallContext,
): Origin {
  const { idempotency, ...origin } = originOf(context);
  const said = JSON.stringify([name, platform, Object.entries(labels).sort()]);
  const bodyHash = createHash('sha256').update(said).digest('hex');
  return {
    ...origin,
    actor: token.name,
    ...(idempotency && { idempotency: { ...idempotency, caller: token.name, bodyHash } }),
  };
}

/** What is refused anyway takes no use, so that nobody else is refused for want of it meanwhile. The commit decides all the same. */
async function refuseEnrolled(table: Table<Host>, name: string, deadline: number): Promise<void> {
  await table.follow(deadline);
  const id = table.idOf({ name });
  const there = id === undefined ? undefined : await table.current(id);
  if (there?.token_key !== undefined) throw alreadyEnrolled(name);
}

function withoutSecret(record: Host): Fields<Host> {
  const { name, platform, labels, address } = record;
  return asRecord({ name, platform, labels, address });
}

function changeIn({ changes: [change], revision }: Commit<Host>): Change<Host> {
  if (!change) throw new Error(`commit ${revision} changes no host`);
  return change;
}

function alreadyEnrolled(name: string): RpcError {
  return new RpcError(
    'ALREADY_EXISTS',
    `the host ${name} has enrolled: it has to be reset before it can again`,
    {
      violations: [{ field: 'name', reason: 'has enrolled' }],
    },
  );
}

function notValid(reason: string): RpcError {
  return new RpcError('UNAUTHENTICATED', `enrollment_token ${reason}`, {
    violations: [{ field: 'enrollment_token', reason }],
  });
}
