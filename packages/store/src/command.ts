// One thing that a caller wants done to a table, and how it ends.

import { RpcError } from '@egg/rpc/errors';
import type { Change, Commit, Idempotency, Origin, Row } from './record.ts';
import type { View } from './view.ts';

/** How long before its deadline a command is given up. */
const MARGIN_MS = 300;

/** What a decision says: the verb of its commit. The changes are in the view. */
export interface Decision {
  readonly verb: string;
  /** Make a commit although nothing changes (a counter that is raised by hand). */
  readonly always?: boolean;
}

export interface Command<R extends Row> {
  readonly origin: Origin;
  /** Epoch milliseconds after which nobody waits for it. */
  readonly deadline: number;
  /** Records and keys that `decide` looks at. */
  readonly ids?: readonly number[];
  readonly keys?: readonly string[];
  /** Decides on top of the state just before its revision; may be called again on a later one. Throws RpcError to refuse. */
  decide(view: View<R>): Decision;
}

/** How a command ended: with a commit (perhaps an earlier one, of the same idempotency key), or with nothing to change. */
export interface Outcome<R extends Row> {
  readonly commit?: Commit<R>;
}

/** A command in the queue. */
export class Waiting<R extends Row> {
  readonly command: Command<R>;
  /** Stays the same over all attempts, so that an attempt whose outcome was unknown is known again. */
  readonly commitId: string;
  /** An insert was tried: from then on nobody can say that it was not done. */
  tried = false;
  /** Its commit is in the log, so it must not be decided again, whatever fails from here on. */
  known = false;
  /** Its caller was told that its time is over. */
  over = false;
  readonly #settle: PromiseWithResolvers<Outcome<R>>;
  readonly #deadline: number;

  constructor(command: Command<R>, commitId: string) {
    this.command = command;
    this.commitId = commitId;
    this.#settle = Promise.withResolvers();
    // A little before the caller gives up, so that it hears the reason.
    this.#deadline = command.deadline - Math.min(MARGIN_MS, (command.deadline - Date.now()) / 4);
  }

  get outcome(): Promise<Outcome<R>> {
    return this.#settle.promise;
  }

  get late(): boolean {
    return Date.now() >= this.#deadline;
  }

  done(commit?: Commit<R>): void {
    this.#settle.resolve(commit ? { commit } : {});
  }

  refuse(error: unknown): void {
    this.#settle.reject(error instanceof Error ? error : new Error(String(error)));
  }

  /** Gives up on a command whose time is over: it is not decided any more. */
  expire(): void {
    this.over = true;
    const unknown = this.tried ? '; whether the change was made is not known' : '';
    this.refuse(new RpcError('UNAVAILABLE', `the database did not answer in time${unknown}`));
  }
}

/** The commit that a decision makes, or undefined where there is nothing to commit. */
export function makeCommit<R extends Row>(
  waiting: Waiting<R>,
  decision: Decision,
  view: View<R>,
  changed: number,
): Commit<R> | undefined {
  const changes: Change<R>[] = view.changes();
  if (changes.length === 0 && !decision.always) return undefined;
  return {
    ...waiting.command.origin,
    revision: view.revision + 1,
    commitId: waiting.commitId,
    at: view.at,
    verb: decision.verb,
    lastId: view.lastId,
    count: view.count,
    changed: changed + changes.length,
    changes,
  };
}

/** Whether two requests are the same one, sent again. Throws ALREADY_EXISTS where the key was used for something else. */
export function sameRequest(earlier: Idempotency, now: Idempotency): boolean {
  if (earlier.key !== now.key || earlier.caller !== now.caller || earlier.route !== now.route) return false;
  if (earlier.bodyHash === now.bodyHash) return true;
  throw new RpcError('ALREADY_EXISTS', 'this Idempotency-Key was used with another body', {
    violations: [{ field: 'Idempotency-Key', reason: 'was used with another body' }],
  });
}
