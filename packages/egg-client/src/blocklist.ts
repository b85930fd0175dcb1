// A local copy of one blocklist. Its file is the server's own answers, one a line: a whole list, then what changed since. A line counts
// when it is whole and follows from the one before, so a copy that was killed in the middle is an earlier one, and never a wrong one.

import { appendFile } from 'node:fs/promises';
import { call, type Host, unlessOutOfRange } from './api.ts';
import { readLines, writeWhole } from './files.ts';

type Entry = { readonly id: number };
type Changes = {
  log: string;
  from: number;
  to: number;
  snapshot: boolean;
  added: Entry[];
  removed: number[];
};

/** Reads the copy, if there is one. `path` is where the server has the list: `/domain`. */
export async function openBlocklist(file: string, path: string) {
  const entries = new Map<number, Entry>();
  let [log, revision] = ['', 0];
  /** Records in the file: in the list that it begins with, and since. */
  let [whole, since] = [0, 0];

  const isNext = (changes: Changes): boolean =>
    changes.snapshot || (changes.log === log && changes.from === revision && changes.to >= revision);
  const apply = ({ snapshot, added, removed, ...changes }: Changes): void => {
    if (snapshot) entries.clear();
    for (const entry of added) entries.set(entry.id, entry);
    for (const id of removed) entries.delete(id);
    [whole, since] = snapshot ? [added.length, 0] : [whole, since + added.length + removed.length + 1];
    [log, revision] = [changes.log, changes.to];
  };
  const write = async (changes: Changes): Promise<void> => {
    if (changes.snapshot) await writeWhole(file, changes);
    // On a line of its own, also where a write that failed has left a piece of one.
    else await appendFile(file, `\n${JSON.stringify(changes)}`, { flush: true });
    apply(changes);
  };
  for (const changes of await readLines<Changes>(file)) if (isNext(changes)) apply(changes);
  return {
    /** The records by id. */
    entries: entries as ReadonlyMap<number, Entry>,
    /** The counter of the list that this is a copy of; 0 for none. */
    revision: (): number => revision,

    /** Brings the copy up to the server's list where it is not at this counter of this history. One at a time. Throws ApiError. */
    async sync(host: Host, counter: number, history: string, signal: AbortSignal): Promise<void> {
      if (revision === counter && log === history) return;
      const ask = (query: string) => call<Changes>(host, `${path}/changes?since=${query}`, { signal });
      // Where the server has another history, or is behind this copy, it begins again.
      const rest = log && (await ask(`${revision}&log=${encodeURIComponent(log)}`).catch(unlessOutOfRange));
      const changes = rest && isNext(rest) ? rest : await ask('0');
      if (!isNext(changes)) throw new Error(`${path}/changes?since=0 gave no whole list`);
      if (changes.snapshot || changes.to > revision) await write(changes);
      if (since < whole + 1000) return;
      await write({ log, from: 0, to: revision, snapshot: true, added: [...entries.values()], removed: [] });
    },
  };
}
