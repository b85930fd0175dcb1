// Makes a table what it was at a revision, by a row of commits. Works from the log: the first change of a record after that revision
// says what the record was then. Costs what has changed, and holds a bit for each changed record, whatever the table holds.

import { isDeepStrictEqual } from 'node:util';
import { type Act, actInCommits, type Decided } from './act.ts';
import type { Command, Outcome } from './command.ts';
import { IdSet } from './id-set.ts';
import { type LogCollection, readAfter } from './log.ts';
import type { Fields, Origin, Row } from './record.ts';
import type { State } from './state.ts';
import { ownFields, type View } from './view.ts';

export interface Revert<R extends Row> {
  readonly revision: number;
  readonly origin: Origin;
  readonly deadline: number;
  readonly signal?: AbortSignal;
  /**
   * How much a record protects at a moment: above 0, it does (a block in force); below, it takes protection away (an allow in
   * force). What gives protection is done before what takes it, so nobody who looks in between finds less of it than there was
   * both before and after. Without it the order does not matter.
   */
  readonly strength?: (row: R, at: Date) => number;
  /** At most this many records in one commit: 1000, or fewer. */
  readonly commitItems?: number;
  /** Told of how far it is. */
  readonly progress?: (counts: RevertCounts) => void;
}

/** Records that came back, went, and became others. */
export interface RevertCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

export interface RevertParts<R extends Row> {
  readonly log: LogCollection;
  readonly state: State<R>;
  readonly table: { submit(command: Command<R>): Promise<Outcome<R>>; keyOf(row: Fields<R>): string };
}

/** What a record was; without `row`, it was not there. */
interface Target<R extends Row> {
  readonly id: number;
  readonly row?: R;
}

const READ = 1000;

/**
 * Answers with the counts. Records come back with the ids that they had. What others change meanwhile stays, but where it has the
 * key of a record that comes back. Broken off, what is done is done, and the same revert again ends the same.
 */
export async function revertTable<R extends Row>(
  parts: RevertParts<R>,
  revert: Revert<R>,
): Promise<RevertCounts> {
  const { head, lastId } = parts.state;
  const steps = new Steps(parts.table, revert, lastId);
  const targets = (): AsyncIterable<Target<R>[]> => targetsOf(parts, revert.revision, head);
  await steps.act(targets(), (view, target) => steps.strengthen(view, target));
  if (steps.left > 0) await steps.act(targets(), (view, target) => steps.settle(view, target));
  if (steps.standIns.size > 0) {
    const ids = [...steps.standIns].map((id) => ({ id }));
    await steps.act([ids], (view, target) => steps.settle(view, target));
  }
  return steps.counts();
}

/** Every record that changed in `(since, to]`, once, as it was at `since`. */
async function* targetsOf<R extends Row>(
  { log, state }: RevertParts<R>,
  since: number,
  to: number,
): AsyncGenerator<Target<R>[]> {
  const seen = new IdSet();
  for (let after = since; after < to;) {
    const limit = Math.min(READ, to - after);
    const commits = state.recent(after, limit) ?? (await readAfter<R>(log, after, limit));
    const last = commits.at(-1);
    if (!last) throw new Error(`the log has nothing after ${after}`);
    after = last.revision;
    for (const { changes } of commits) {
      const first = changes.filter(({ id }) => seen.add(id));
      yield first.map(({ id, before }) => ({ id, ...(before && { row: before }) }));
    }
  }
}

/** The steps of one revert, and what it has done so far. */
class Steps<R extends Row> {
  readonly #table: RevertParts<R>['table'];
  readonly #revert: Revert<R>;
  /** Ids above this one are of records that were added since the revert began, by itself or by others. */
  readonly #lastId: number;
  readonly #lifted = new IdSet();
  #added = 0;
  #removed = 0;
  #changed = 0;
  /** Records that the first pass has left to the second. */
  left = 0;
  /** Entries that keep up the protection of a name while its own record moves to another one. */
  readonly standIns = new IdSet();

  constructor(table: RevertParts<R>['table'], revert: Revert<R>, lastId: number) {
    this.#table = table;
    this.#revert = revert;
    this.#lastId = lastId;
  }

  async act(
    items: Act<R, Target<R>>['items'],
    decide: (view: View<R>, target: Target<R>) => boolean,
  ): Promise<void> {
    const { origin, deadline, signal, commitItems } = this.#revert;
    await actInCommits<R, Target<R>, boolean>(this.#table, {
      items,
      verb: 'reverted',
      origin,
      deadline,
      ...(signal && { signal }),
      ...(commitItems !== undefined && { commitItems }),
      needs: ({ id, row }) => ({ ids: [id], ...(row && { keys: [this.#keyOf(row)] }) }),
      decide,
      done: (decided) => this.#count(decided),
    });
  }

  counts(): RevertCounts {
    return { added: this.#added, removed: this.#removed, changed: this.#changed };
  }

  /** First pass: all that takes no protection away. False if something is left to do. */
  strengthen(view: View<R>, target: Target<R>): boolean {
    const { id, row } = target;
    const now = view.rowOf(id);
    if (isSame(now, row)) return true;
    const [before, after] = [this.#strength(now, view), this.#strength(row, view)];
    if (row && now && this.#keyOf(now) !== this.#keyOf(row)) return this.#move(view, now, target);
    if (after < before) return false;
    return this.#put(view, target, false);
  }

  /** Second pass: the rest, at any price. */
  settle(view: View<R>, target: Target<R>): boolean {
    if (isSame(view.rowOf(target.id), target.row)) return true;
    return this.#put(view, target, true);
  }

  /** A record whose key changes, such as one that blocks another name: two places at once, which one record cannot be in. */
  #move(view: View<R>, now: R, target: Target<R>): boolean {
    const [before, after] = [this.#strength(now, view), this.#strength(target.row, view)];
    if (before < 0) {
      view.remove(now);
      return after >= 0 && this.#put(view, target, false);
    }
    if (after < 0 || !this.#put(view, target, false)) return false;
    if (before > 0) view.add(ownFields(now));
    return true;
  }

  /** Makes the record what it was. A record that has its key goes, unless it protects more and that is not to be lost yet. */
  #put(view: View<R>, { id, row }: Target<R>, isFinal: boolean): boolean {
    const now = view.rowOf(id);
    if (!row) {
      if (now) view.remove(now);
      return true;
    }
    const holder = view.same(row);
    if (holder && holder.id !== id) {
      if (!isFinal && this.#strength(row, view) < this.#strength(holder, view)) return false;
      view.remove(holder);
    }
    if (now) view.replace(now, ownFields(row));
    else view.restore({ ...row, updated_at: view.at });
    return true;
  }

  #count({ notes, commit }: Decided<R, Target<R>, boolean>): void {
    this.left += notes.filter((isDone) => !isDone).length;
    for (const { id, before, after } of commit?.changes ?? []) {
      if (id > this.#lastId && !before) this.standIns.add(id);
      else if (this.standIns.has(id)) continue;
      else if (!before) this.#back(id);
      else if (after) this.#changed++;
      else if (this.#lifted.add(id)) this.#removed++;
    }
    this.#revert.progress?.(this.counts());
  }

  /** A record that had to go for a while, and is there again, has changed. */
  #back(id: number): void {
    if (this.#lifted.delete(id)) {
      this.#removed--;
      this.#changed++;
    } else this.#added++;
  }

  #strength(row: R | undefined, view: View<R>): number {
    return row === undefined ? 0 : (this.#revert.strength?.(row, view.at) ?? 0);
  }

  #keyOf(row: R): string {
    return this.#table.keyOf(row);
  }
}

function isSame<R extends Row>(now: R | undefined, then: R | undefined): boolean {
  if (!now || !then) return now === then;
  return (
    now.created_at.getTime() === then.created_at.getTime() &&
    isDeepStrictEqual(ownFields(now), ownFields(then))
  );
}
