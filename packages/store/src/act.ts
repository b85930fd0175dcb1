// A large act (an import, a revert) as a row of commits, each bounded in changes and bytes, each decided on the state before it.

import type { Command, Outcome } from './command.ts';
import type { Origin, Row } from './record.ts';
import type { View } from './view.ts';

/** At most this many changes in one commit, and about this many bytes. */
const CHANGES = 1000;
const BYTES = 512 * 1024;

export interface Act<R extends Row, Item> {
  readonly items: AsyncIterable<Item> | Iterable<Item>;
  readonly verb: string;
  readonly origin: Origin;
  readonly deadline: number;
  /** The records and keys that deciding an item looks at. */
  readonly needs: (item: Item) => { ids?: readonly number[]; keys?: readonly string[] };
  /** Decides one item in the view, or leaves it as it is. May be called again for the same item on a later state. */
  readonly decide: (view: View<R>, item: Item) => void;
}

interface Submitting<R extends Row> {
  submit(command: Command<R>): Promise<Outcome<R>>;
}

/** Answers with the revision of the last commit, or undefined if nothing was changed. Throws what a decision throws. */
export async function actInCommits<R extends Row, Item>(
  table: Submitting<R>,
  act: Act<R, Item>,
): Promise<number | undefined> {
  let revision: number | undefined;
  let chunk: Item[] = [];
  const commit = async (): Promise<void> => {
    const { taken, outcome } = await submitChunk(table, act, chunk);
    revision = outcome.commit?.revision ?? revision;
    chunk = chunk.slice(taken);
  };
  for await (const item of act.items) {
    chunk.push(item);
    if (chunk.length >= CHANGES) await commit();
  }
  while (chunk.length > 0) await commit();
  return revision;
}

async function submitChunk<R extends Row, Item>(
  table: Submitting<R>,
  act: Act<R, Item>,
  chunk: readonly Item[],
): Promise<{ taken: number; outcome: Outcome<R> }> {
  const needs = chunk.map(act.needs);
  let taken = 0;
  const outcome = await table.submit({
    origin: act.origin,
    deadline: act.deadline,
    ids: needs.flatMap(({ ids }) => ids ?? []),
    keys: needs.flatMap(({ keys }) => keys ?? []),
    decide: (view) => {
      taken = 0;
      for (const item of chunk) {
        act.decide(view, item);
        taken++;
        if (view.weight > BYTES) break;
      }
      return { verb: act.verb };
    },
  });
  return { taken, outcome };
}
