// The methods of HostService that are not those of every table: a host gets a secret of its own, and loses it by a reset or with itself.
// Which secret holds is said by the hosts' log alone: it is made before the commit that names it and holds after.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnrollHostRequest, Host, ResetHostRequest } from '@egg/contract/types/eggs';
import type { CallContext, Handlers, UnaryHandler } from '@egg/rpc';
import type { RpcError } from '@egg/rpc/errors';
import type { Credential, ServiceAccess } from '@egg/service';
import { type Fields, type Origin, originOf, type Table, type Writes } from '@egg/store';
import { type Enrolments, notValid } from '../hosts/enrolments.ts';
import type { Hosts } from '../hosts/hosts.ts';
import { asRecord } from '../hosts/rules.ts';

export interface HostParts {
  readonly table: Table<Host>;
  readonly writes: Writes<Host>;
  readonly access: Pick<ServiceAccess, 'credentials' | 'identify' | 'forgetMs'>;
  readonly enrolments: Enrolments;
  readonly followed: Hosts['followed'];
  /** The methods that the table has by itself. */
  readonly standard: Handlers;
}

type Delete = (request: { id: number }, context: CallContext) => Promise<object>;

const ENROL_MS = 10_000;

/** The methods. */
export function hostMethods({ table, writes, access, enrolments, followed, standard }: HostParts): Handlers {
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
      const enrolment = { request, tokenKey: token.key, origin, deadline };
      const { id, revision, secret } = await enrolments.add(enrolment);
      // It holds a moment later in any case.
      if (secret !== undefined) await followed.kept(revision, deadline).catch(() => undefined);
      return { data: { id, ...(secret !== undefined && { token: secret }) } };
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

function withoutSecret(record: Host): Fields<Host> {
  const { name, platform, labels, address } = record;
  return asRecord({ name, platform, labels, address });
}
