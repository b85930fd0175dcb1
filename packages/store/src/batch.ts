// Decides the commands of one batch in turn, each on top of those before it. Pure: what it makes counts only when the log has it.

import { makeCommit, sameRequest, type Waiting } from './command.ts';
import { type Commit, type Fields, type Row, weightOf } from './record.ts';
import { type Base, View } from './view.ts';

/** About how many bytes of commits go into one insert. */
const BATCH_BYTES = 8 * 1024 * 1024;

export interface Answer<R extends Row> {
  readonly waiting: Waiting<R>;
  readonly commit: Commit<R>;
}

export interface Decided<R extends Row> {
  readonly accepted: Answer<R>[];
  /** Known by their idempotency key: answered as they were the first time. */
  readonly repeated: Answer<R>[];
  /** Refused, or with nothing to change: each answers its caller. */
  readonly settled: (() => void)[];
  /** For the next insert. */
  readonly later: Waiting<R>[];
}

/** Decides a batch on `base`. `repeats` are earlier commits that carry one of the batch's idempotency keys. */
export function decideBatch<R extends Row>(
  batch: readonly Waiting<R>[],
  base: Base<R>,
  on: { repeats: readonly Commit<R>[]; keyOf: (row: Fields<R>) => string; at: Date; changed: number },
): Decided<R> {
  const view = new View(base, on.keyOf, on.at);
  const repeats = [...on.repeats];
  const decided: Decided<R> = { accepted: [], repeated: [], settled: [], later: [] };
  let { changed } = on;
  let bytes = 0;
  for (const waiting of batch) {
    if (waiting.over) continue;
    if (bytes > BATCH_BYTES) {
      decided.later.push(waiting);
      continue;
    }
    try {
      const repeat = findRepeat(waiting, repeats);
      if (repeat) {
        decided.repeated.push({ waiting, commit: repeat });
        continue;
      }
      const own = new View(view, on.keyOf, on.at);
      const commit = makeCommit(waiting, waiting.command.decide(own), own, changed);
      if (commit) {
        view.absorb(own);
        changed = commit.changed;
        bytes += weightOf(commit);
        decided.accepted.push({ waiting, commit });
        if (commit.idempotency) repeats.push(commit);
      } else decided.settled.push(() => waiting.done());
    } catch (error) {
      decided.settled.push(() => waiting.refuse(error));
    }
  }
  return decided;
}

function findRepeat<R extends Row>(
  waiting: Waiting<R>,
  commits: readonly Commit<R>[],
): Commit<R> | undefined {
  const { idempotency } = waiting.command.origin;
  if (!idempotency) return undefined;
  return commits.find((commit) => commit.idempotency && sameRequest(commit.idempotency, idempotency));
}
