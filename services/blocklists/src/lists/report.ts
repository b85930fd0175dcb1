// What an import has done so far: numbers, and the first lines that were refused.

import type { Note } from './decide.ts';

export interface ImportCounts {
  readonly lines: number;
  readonly added: number;
  readonly existing: number;
  readonly removed: number;
  readonly refused: number;
}

const MOST_ERRORS = 100;
const LONGEST_REASON = 500;

export class ImportReport {
  lines = 0;
  readonly errors: { line: number; reason: string }[] = [];
  readonly #counts = { added: 0, existing: 0, removed: 0 };
  #refused = 0;

  count(kind: Note['kind']): void {
    if (kind === 'added' || kind === 'existing' || kind === 'removed') this.#counts[kind]++;
  }

  refuse(line: number, reason: string): void {
    this.#refused++;
    if (this.errors.length < MOST_ERRORS) this.errors.push({ line, reason: reason.slice(0, LONGEST_REASON) });
  }

  counts(): ImportCounts {
    return { lines: this.lines, ...this.#counts, refused: this.#refused };
  }
}
