// What a subscription asks of the import of lists: the entries of its source made equal to a list, or the same only counted.

import type { DomainBlock, Subscription } from '@egg/contract/types/blocklists';
import type { Origin, Table } from '@egg/store';
import { LONGEST_TEXT_LINE } from '../domain/lists/line.ts';
import { domainReader } from '../domain/lists/listed.ts';
import { Import } from '../lists/import.ts';
import type { ImportCounts } from './verdict.ts';

interface ListToImport {
  readonly source: string;
  readonly format: Subscription['format'];
  readonly content: AsyncIterable<Uint8Array>;
  readonly isDry: boolean;
  readonly origin: Origin;
  readonly signal: AbortSignal;
}

/** Throws RpcError, or the signal's reason; what was committed by then stays. */
export type ImportList = (list: ListToImport) => Promise<ImportCounts>;

/** Imports into the list of domains. */
export function importInto(table: Table<DomainBlock>): ImportList {
  return async ({ source, format, content, isDry, origin, signal }) => {
    let there = 0;
    for await (const rows of table.scan({ sources: source }, ['action'])) there += rows.length;
    const work = new Import<DomainBlock>({
      table,
      read: domainReader({ format, force: false, isRestore: false, now: new Date() }),
      longestLine: LONGEST_TEXT_LINE,
      source,
      isReplace: true,
      isDry,
      isRestore: false,
      origin,
      deadline: Infinity,
      signal,
    });
    await work.run(content);
    return { there, ...work.report.counts(), errors: work.report.errors };
  };
}
