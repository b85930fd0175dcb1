// Takes away the tombstones of deletions that are long past. The log tells which they are, so no index is needed for them.

import type { Folder } from './folder.ts';
import { type LogCollection, readAfter } from './log.ts';
import type { Mark } from './mark.ts';
import type { Row } from './record.ts';
import { purgeTombstones, type RowCollection } from './rows.ts';

/** How long a tombstone stays: longer than any write can be under way. */
const TOMBSTONE_MS = 60 * 60 * 1000;
const READ = 1000;

export class Tombstones<R extends Row> {
  readonly #parts: { log: LogCollection; rows: RowCollection; folder: Folder<R>; mark: Mark };
  /** Those of commits up to this one are gone. */
  #purged: number;

  constructor(parts: {
    log: LogCollection;
    rows: RowCollection;
    folder: Folder<R>;
    mark: Mark;
    purged: number;
  }) {
    this.#parts = parts;
    this.#purged = parts.purged;
  }

  /** Goes through the log from where it was last, as far as deletions are old enough. Throws what the database throws. */
  async purge(): Promise<void> {
    const { log, rows, folder, mark } = this.#parts;
    const before = Date.now() - TOMBSTONE_MS;
    for (;;) {
      const commits = await readAfter<R>(log, this.#purged, READ);
      const old = commits.filter(({ at, revision }) => at.getTime() < before && revision <= folder.foldedTo);
      const last = old.at(-1);
      if (!last) return;
      const ids = old.flatMap(({ changes }) =>
        changes.filter(({ after }) => after === undefined).map(({ id }) => id),
      );
      if (ids.length > 0) await purgeTombstones(rows, ids);
      this.#purged = last.revision;
      await mark.raisePurged(last.revision);
    }
  }
}
