// How records are added, changed and deleted: each one commit, after what has to be known of other tables, which is claimed before and
// told afterwards. The methods of every table and those of a table's own write this way.

import { createHash } from 'node:crypto';
import type { CallContext } from '@egg/rpc';
import { RpcError } from '@egg/rpc/errors';
import type { Outcome } from './command.ts';
import type { Pointing } from './pointing.ts';
import type { Commit, Fields, Origin, Row } from './record.ts';
import { newClaim } from './references.ts';
import type { Preparation } from './rules.ts';
import type { Table } from './table.ts';
import type { OwnTarget } from './target.ts';
import { notFound, type View } from './view.ts';

export interface WritesParts<R extends Row> {
  readonly table: Table<R>;
  /** Where the records point at others. */
  readonly pointing: Pointing<R> | undefined;
  /** Where others point at the records. */
  readonly target: OwnTarget | undefined;
  readonly prepare:
    ((after: Fields<R>, before: R | undefined, at: Preparation) => Promise<Fields<R>>) | undefined;
  readonly read: Preparation['read'];
}

/** A claim is over after some minutes: a commit that it stands for is not made later. */
const LONGEST_MS = 60_000;

/** The record has moved on since it was looked at. */
class Moved extends Error {}

export class Writes<R extends Row> {
  readonly #parts: WritesParts<R>;

  constructor(parts: WritesParts<R>) {
    this.#parts = parts;
  }

  /** Adds a record, or lets it `join` the one that has its key. Answers with the commit. Throws RpcError. */
  async add(
    fields: Fields<R>,
    context: CallContext,
    { join, verb = 'added', origin = originOf(context) }: AddOptions<R> = {},
  ): Promise<Commit<R> | undefined> {
    const { table, prepare } = this.#parts;
    const repeated = await this.#repeated(origin, context);
    if (repeated) return repeated;
    const after = prepare ? await prepare(fields, undefined, this.#at(context)) : fields;
    const deadline = this.#deadline(context);
    const { commit } = await this.#around({ after, deadline }, () =>
      table.submit({
        origin,
        deadline,
        keys: [table.keyOf(after)],
        decide: (view) => {
          const there = join && view.same(after);
          if (!there) {
            view.add(after);
            return { verb };
          }
          view.replace(there, join(there, after));
          return { verb: 'updated' };
        },
      }),
    );
    return commit;
  }

  /**
   * Gives a record the fields that `change` makes of it. Answers with the record as it then is; with nothing new, as it was, and without a
   * commit. Throws NOT_FOUND, ABORTED where `If-Match` names another revision, and what `change` throws.
   */
  async update(
    id: number,
    change: (record: R) => Fields<R>,
    context: CallContext,
    { verb = 'updated' }: { readonly verb?: string } = {},
  ): Promise<{ readonly record: R; readonly commit?: Commit<R> }> {
    const origin = originOf(context);
    const deadline = this.#deadline(context);
    const repeated = await this.#repeated(origin, context);
    if (repeated) return recordIn(repeated, id);
    if (!this.#isChecked) return this.#commitUpdate({ id, origin, deadline, verb, context }, change);
    for (;;) {
      const seen = await this.#seen(id, context);
      const after = await this.#prepared(change(seen), seen, context);
      try {
        return await this.#updateSeen({ id, origin, deadline, verb, context }, seen, after);
      } catch (error) {
        if (!(error instanceof Moved)) throw error;
        if (Date.now() > deadline)
          throw new RpcError('UNAVAILABLE', 'the record moves faster than it can be looked at');
      }
    }
  }

  /** Deletes a record. Throws NOT_FOUND, ABORTED, and FAILED_PRECONDITION that says who points at it. */
  async remove(
    id: number,
    context: CallContext,
    { check }: { readonly check?: (record: R, view: View<R>) => void } = {},
  ): Promise<Commit<R> | undefined> {
    const { table, target, pointing } = this.#parts;
    const origin = originOf(context);
    const deadline = this.#deadline(context);
    const repeated = await this.#repeated(origin, context);
    if (repeated) return repeated;
    const commit = (): Promise<Outcome<R>> =>
      table.submit({
        origin,
        deadline,
        ids: [id],
        decide: (view) => {
          const before = view.existing(id);
          refuseMoved(before, context);
          check?.(before, view);
          view.remove(before);
          return { verb: 'deleted' };
        },
      });
    if (target) refuseMoved(await this.#seen(id, context), context);
    const outcome = await (target ? target.closing(id, newClaim(table.name), commit) : commit());
    await pointing?.told(outcome.commit);
    return outcome.commit;
  }

  /** Whether what is written has to be looked at before the commit. */
  get #isChecked(): boolean {
    return this.#parts.pointing !== undefined || this.#parts.prepare !== undefined;
  }

  async #seen(id: number, { deadline }: CallContext): Promise<R> {
    await this.#parts.table.follow(Math.min(deadline, Date.now() + LONGEST_MS));
    const seen = await this.#parts.table.current(id);
    if (!seen) throw notFound(id);
    return seen;
  }

  async #prepared(after: Fields<R>, before: R, context: CallContext): Promise<Fields<R>> {
    const { prepare } = this.#parts;
    return prepare ? prepare(after, before, this.#at(context)) : after;
  }

  async #updateSeen(update: Update, seen: R, after: Fields<R>): Promise<{ record: R; commit?: Commit<R> }> {
    const around = { before: seen, after, deadline: update.deadline };
    let answer: { record: R; commit?: Commit<R> } | undefined;
    await this.#around(around, async () => {
      answer = await this.#commitUpdate(update, (before) => {
        if (before.revision !== seen.revision) throw new Moved();
        return after;
      });
      return answer.commit ? { commit: answer.commit } : {};
    });
    return answer ?? { record: seen };
  }

  async #commitUpdate(
    { id, origin, deadline, verb, context }: Update,
    change: (record: R) => Fields<R>,
  ): Promise<{ record: R; commit?: Commit<R> }> {
    let unchanged: R | undefined;
    const { commit } = await this.#parts.table.submit({
      origin,
      deadline,
      ids: [id],
      decide: (view) => {
        const before = view.existing(id);
        refuseMoved(before, context);
        const after = view.replace(before, change(before));
        unchanged = after === before ? before : undefined;
        return { verb };
      },
    });
    if (commit) return recordIn(commit, id);
    if (!unchanged) throw new Error('an update made no commit and changed something');
    return { record: unchanged };
  }

  #around(
    around: { before?: R; after: Fields<R>; deadline: number },
    commit: () => Promise<Outcome<R>>,
  ): Promise<Outcome<R>> {
    const { pointing } = this.#parts;
    return pointing ? pointing.around(around, commit) : commit();
  }

  /** A key is looked up before anything else, so that a repeated request is answered as it was whatever has changed since. */
  async #repeated(origin: Origin, context: CallContext): Promise<Commit<R> | undefined> {
    const { table, target } = this.#parts;
    if (!this.#isChecked && !target) return undefined;
    return table.repeated(origin, this.#deadline(context));
  }

  #deadline({ deadline }: CallContext): number {
    return this.#isChecked || this.#parts.target ? Math.min(deadline, Date.now() + LONGEST_MS) : deadline;
  }

  #at(context: CallContext): Preparation {
    return { context, read: this.#parts.read };
  }
}

export interface AddOptions<R extends Row> {
  readonly join?: (there: R, added: Fields<R>) => Fields<R>;
  readonly verb?: string;
  readonly origin?: Origin;
}

interface Update {
  readonly id: number;
  readonly origin: Origin;
  readonly deadline: number;
  readonly verb: string;
  readonly context: CallContext;
}

/** Who caused a commit, from the call that did. */
export function originOf({
  caller,
  from,
  requestId,
  idempotencyKey,
  method,
  requestBytes,
}: CallContext): Origin {
  return {
    actor: caller.name,
    from,
    requestId,
    ...(idempotencyKey !== undefined && {
      idempotency: {
        key: idempotencyKey,
        caller: caller.name,
        route: method.path,
        bodyHash: createHash('sha256').update(requestBytes).digest('hex'),
      },
    }),
  };
}

function recordIn<R extends Row>(commit: Commit<R>, id: number): { record: R; commit: Commit<R> } {
  const record = commit.changes.find((change) => change.id === id)?.after;
  if (!record) throw new Error(`commit ${commit.revision} left no record ${id}`);
  return { record, commit };
}

function refuseMoved(row: Row, { ifMatch }: CallContext): void {
  if (ifMatch === undefined || ifMatch === row.revision) return;
  throw new RpcError('ABORTED', `the record is at revision ${row.revision}, not ${ifMatch}`, {
    violations: [{ field: 'If-Match', reason: `the record is at revision ${row.revision}` }],
  });
}
