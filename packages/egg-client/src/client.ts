// An egg's side of the protocol: enrol once, then check in, keep both blocklists and do what the server gives, until told to stop.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiError, backOffMs, call, type Host } from './api.ts';
import { openBlocklist } from './blocklist.ts';
import { readLines, writeWhole } from './files.ts';
import { type Kind, openOutbox } from './outbox.ts';
import { type Execution, openWork, type WorkOptions } from './work.ts';

/** `platform` is such as `linux/amd64`. */
type Enrolment = { enrollment_token: string; name: string; platform: string; labels?: object };
type Counters = { readonly counter_for_domain: number; readonly counter_for_process: number };
type Logs = { readonly domain: string; readonly process: string };
type Answer = { counters: Counters; logs: Logs; executions: Execution[]; next_check_in_seconds: number };

/** Makes this a host of the server and keeps its token in `dir`. Throws ApiError, and Error where it has enrolled already. */
export async function enrol(dir: string, server: string, body: Enrolment): Promise<number> {
  if (await readHost(dir).catch(() => undefined)) throw new Error(`${dir} has enrolled`);
  const file = join(dir, 'identity.json');
  await writeWhole(file, {}); // Where that cannot be, the token would be lost: it is shown once.
  const { id, token } = await call<{ id: number; token: string }>({ server }, '/host/enroll', { body });
  await writeWhole(file, { server, id, token });
  return id;
}

/** Who this host is. Throws an Error where it has not enrolled. */
export async function readHost(dir: string): Promise<Host> {
  const [host] = await readLines<Host>(join(dir, 'identity.json'));
  if (host?.token === undefined) throw new Error(`${dir} has not enrolled`);
  return host;
}

/** A host that has enrolled in `dir`; one process may run it at a time. */
export async function openClient(dir: string, options: WorkOptions & { log?: (line: string) => void } = {}) {
  const { eggs = () => [], log = () => undefined } = options;
  const host = await readHost(dir);
  const domains = await openBlocklist(join(dir, 'domains.jsonl'), '/domain');
  const processes = await openBlocklist(join(dir, 'processes.jsonl'), '/process');
  const outbox = await openOutbox(join(dir, 'outbox.json'));
  const work = await openWork(dir, host, options);
  const checkIn = async (stop: AbortSignal): Promise<Answer> => {
    const counters = { counter_for_domain: domains.revision(), counter_for_process: processes.revision() };
    const { key, body } = await outbox.next({ eggs: eggs(), counters, executions: work.reports() });
    const signal = AbortSignal.any([stop, AbortSignal.timeout(30_000)]);
    const request = { body, headers: { 'idempotency-key': key }, signal };
    const answer = await call<Answer>(host, '/checkin', request).catch(async (error: ApiError) => {
      // Sent again, it would be refused again.
      if (['INVALID_ARGUMENT', 'ALREADY_EXISTS'].includes(error.code)) await outbox.done();
      throw error;
    });
    await outbox.done();
    return answer;
  };
  return {
    domains,
    processes,
    /** Resolves when it would survive a crash that something was blocked. */
    blocked: (kind: Kind, name: string, count = 1): Promise<void> => outbox.count(kind, name, count),
    /** Checks in as often as the server says, and later each time while that fails, until the signal. Work under way is told to end then. */
    async run(signal: AbortSignal): Promise<void> {
      for (let failures = 0, waitMs; !signal.aborted;) {
        try {
          const { counters, logs, executions, next_check_in_seconds: seconds } = await checkIn(signal);
          await work.take(executions, signal);
          await domains.sync(host, counters.counter_for_domain, logs.domain, signal);
          await processes.sync(host, counters.counter_for_process, logs.process, signal);
          [failures, waitMs] = [0, seconds * 1000 * (1 + Math.random() / 20)];
          log(`domains at ${domains.revision()}, processes at ${processes.revision()}`);
        } catch (error) {
          waitMs = backOffMs(++failures, error);
          if (!signal.aborted) log(`${(error as Error).message}; again in ${Math.round(waitMs)} ms`);
        }
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
      }
      await work.idle();
    },
  };
}
