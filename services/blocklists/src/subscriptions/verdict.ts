// Whether a list may become the entries of its source, judged by what it would do. What is no list at all, or only the rest of one,
// must not take protection away.

/** What an import of the whole list does, or would do. */
export interface ImportCounts {
  /** Entries that the source has before it. */
  readonly there: number;
  readonly added: number;
  /** Lines that name an entry which the source has. */
  readonly existing: number;
  readonly removed: number;
  /** Lines that were refused. */
  readonly refused: number;
  /** The first of them. */
  readonly errors: readonly { readonly line: number; readonly reason: string }[];
}

export type Verdict =
  | { readonly kind: 'import' }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'hold'; readonly reason: string };

/** A source with fewer entries may shrink as it likes. */
const HELD_FROM = 100;

/**
 * Judges by the counts of a dry run. `accepted` is the size of a held list that somebody let in: a list counts as shrunk against
 * that then, so that one that differs from it by a few lines goes in too.
 */
export function judge(counts: ImportCounts, accepted?: number): Verdict {
  const entries = entriesOf(counts);
  const read = counts.added + counts.existing;
  if (counts.refused > read) {
    const [first] = counts.errors;
    const example = first ? `; line ${first.line} ${first.reason}` : '';
    return { kind: 'fail', reason: `more than half of the lines are refused${example}` };
  }
  if (read === 0) return { kind: 'fail', reason: 'the list is empty' };
  const { there } = counts;
  const measure = Math.min(there, accepted ?? there);
  if (there >= HELD_FROM && entries * 2 < measure) {
    return {
      kind: 'hold',
      reason: `the list has shrunk from ${there} to ${entries} entries, by more than half`,
    };
  }
  return { kind: 'import' };
}

/** How many entries the source has after the import. */
export function entriesOf({ there, added, removed }: ImportCounts): number {
  return there + added - removed;
}
