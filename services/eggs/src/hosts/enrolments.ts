// Enrols hosts as they come: gathered into batches, because a fleet comes at once, and what each alone would ask of the database is many
// times the work, all of it on the one record of their token. A use of the token and a secret are taken before a host's commit, and
// given back where it does not come of them.

import type { EnrollHostRequest, Host } from '@egg/contract/types/eggs';
import { RpcError, toRpcError } from '@egg/rpc/errors';
import type { Credentials } from '@egg/service';
import { type Change, type Commit, isUnknown, type Origin, type Table } from '@egg/store';
import { enrol } from '../domain/enrolment.ts';
import { Batches } from './batches.ts';
import { ENROLLED } from './followed-hosts.ts';
import { asRecord, newHost } from './rules.ts';

export interface Enrolment {
  readonly request: Pick<EnrollHostRequest, 'name' | 'platform' | 'labels'>;
  /** Names the enrolment token. */
  readonly tokenKey: string;
  readonly origin: Origin;
  /** Epoch ms. */
  readonly deadline: number;
}

export interface Enrolled {
  readonly id: number;
  readonly revision: number;
  /** Absent where the same request has enrolled the host before. */
  readonly secret?: string;
}

export interface EnrolmentsOptions {
  readonly hosts: Table<Host>;
  readonly credentials: Credentials;
}

type Outcome = Enrolled | RpcError;

/** What has less time left is not begun: a host that is enrolled and not told so has to be reset. */
const BEGIN_MS = 2000;
/** By estimate, in bytes: an enrolment without its labels. */
const BYTES = 500;

export class Enrolments {
  readonly #hosts: Table<Host>;
  readonly #credentials: Credentials;
  readonly #batches: Batches<Enrolment, Enrolled>;

  constructor({ hosts, credentials }: EnrolmentsOptions) {
    this.#hosts = hosts;
    this.#credentials = credentials;
    this.#batches = new Batches<Enrolment, Enrolled>({
      keyOf: ({ request }) => request.name,
      weightOf: ({ request }) => BYTES + JSON.stringify(request.labels ?? {}).length,
      run: (batch) => this.#enrol(batch),
    });
  }

  /** Answers when the commit is durable. Throws ALREADY_EXISTS where the name has enrolled, UNAUTHENTICATED without a use. */
  add(enrolment: Enrolment): Promise<Enrolled> {
    return this.#batches.add(enrolment, enrolment.deadline);
  }

  stop(): Promise<void> {
    return this.#batches.idle();
  }

  async #enrol(batch: readonly Enrolment[]): Promise<Outcome[]> {
    const outcomes = new Map<Enrolment, Outcome>();
    await this.#lookBack(batch, outcomes);
    const left = batch.filter((enrolment) => !outcomes.has(enrolment));
    for (const [tokenKey, some] of Map.groupBy(left, (enrolment) => enrolment.tokenKey)) {
      await this.#enrolBy(tokenKey, some, outcomes).catch((error: unknown) => {
        // Of those alone: the others may have enrolled.
        for (const enrolment of some)
          if (!outcomes.has(enrolment)) outcomes.set(enrolment, toRpcError(error));
      });
    }
    return batch.map((enrolment) => outcomes.get(enrolment) ?? late());
  }

  /**
   * What is known already, or refused anyway, takes no use, so that nobody else is refused for want of it meanwhile. The commit decides
   * all the same.
   */
  async #lookBack(batch: readonly Enrolment[], outcomes: Map<Enrolment, Outcome>): Promise<void> {
    await this.#hosts.follow();
    const ids = batch.map(({ request: { name } }) => this.#hosts.idOf({ name }));
    const there = await this.#hosts.currentOf(ids.filter((id) => id !== undefined));
    for (const [index, enrolment] of batch.entries()) {
      const { request, origin, deadline } = enrolment;
      const hasEnrolled = there.get(ids[index] ?? 0)?.token_key !== undefined;
      const earlier = await this.#hosts.repeated(origin, deadline).catch(toRpcError);
      if (earlier) outcomes.set(enrolment, earlier instanceof RpcError ? earlier : enrolledBy(earlier));
      else if (hasEnrolled) outcomes.set(enrolment, alreadyEnrolled(request.name));
      else if (deadline - Date.now() < BEGIN_MS) outcomes.set(enrolment, late());
    }
  }

  async #enrolBy(
    tokenKey: string,
    all: readonly Enrolment[],
    outcomes: Map<Enrolment, Outcome>,
  ): Promise<void> {
    const granted = await this.#credentials.take(tokenKey, all.length);
    for (const enrolment of all.slice(granted)) outcomes.set(enrolment, usedUp());
    const taking = all.slice(0, granted);
    const secrets = await this.#credentials
      .issueAll(taking.map(({ request: { name } }) => ({ role: 'host', name })))
      .catch(async (error: unknown) => {
        await this.#giveBack(tokenKey, granted, []);
        throw error;
      });
    const spare: string[] = [];
    await Promise.all(
      taking.map(async (enrolment, index) => {
        const { key = '', secret = '' } = secrets[index] ?? {};
        const outcome = await this.#commit(enrolment, key, secret).catch(toRpcError);
        outcomes.set(enrolment, outcome);
        // Where nobody knows whether the commit is in, the log will say it: the secret waits for that, and the use is spent.
        if (!('secret' in outcome) && !isUnknown(outcome)) spare.push(key);
      }),
    );
    await this.#giveBack(tokenKey, spare.length, spare);
  }

  async #commit({ request, origin, deadline }: Enrolment, key: string, secret: string): Promise<Enrolled> {
    const { name, platform, labels } = request;
    const wanted = newHost({ name, platform });
    const { commit } = await this.#hosts.submit({
      origin,
      deadline,
      keys: [this.#hosts.keyOf(wanted)],
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
    const enrolled = enrolledBy(commit);
    return changeIn(commit).after?.token_key === key ? { ...enrolled, secret } : enrolled;
  }

  /** Where that fails, uses are lost, and secrets that nobody has are swept. */
  async #giveBack(tokenKey: string, uses: number, secrets: readonly string[]): Promise<void> {
    if (uses === 0) return;
    await this.#credentials.giveBack(tokenKey, uses).catch(() => undefined);
    await this.#credentials.revokeAll(secrets).catch(() => undefined);
  }
}

/** What a commit has enrolled, without its secret. */
function enrolledBy(commit: Commit<Host>): Enrolled {
  return { id: changeIn(commit).id, revision: commit.revision };
}

function changeIn({ changes: [change], revision }: Commit<Host>): Change<Host> {
  if (!change) throw new Error(`commit ${revision} changes no host`);
  return change;
}

/** UNAUTHENTICATED that says what is wrong with the enrolment token. */
export function notValid(reason: string): RpcError {
  return new RpcError('UNAUTHENTICATED', `enrollment_token ${reason}`, {
    violations: [{ field: 'enrollment_token', reason }],
  });
}

function usedUp(): RpcError {
  return notValid('is used up');
}

function alreadyEnrolled(name: string): RpcError {
  return new RpcError(
    'ALREADY_EXISTS',
    `the host ${name} has enrolled: it has to be reset before it can again`,
    { violations: [{ field: 'name', reason: 'has enrolled' }] },
  );
}

function late(): RpcError {
  return new RpcError('UNAVAILABLE', 'the host could not be enrolled in time');
}
