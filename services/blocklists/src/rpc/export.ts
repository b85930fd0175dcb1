// Gives a blocklist as text, in pieces, as it is at one revision.

import type { DomainBlock, ExportDomainBlocksRequest } from '@egg/contract/types/blocklists';
import type { CallContext, Handlers } from '@egg/rpc';
import type { Delta, Table } from '@egg/store';
import type { Entry } from '../lists/entry.ts';
import { exportRecords, exportRules } from '../lists/export.ts';

type Request = Pick<ExportDomainBlocksRequest, 'source' | 'revision'>;

const TEXT = 'text/plain; charset=utf-8';
const RECORDS = 'application/x-ndjson';

/** Export for the list of domains. */
export function domainExport(table: Table<DomainBlock>): Handlers {
  return {
    async *Export(request: ExportDomainBlocksRequest, context: CallContext) {
      const { format = 'jsonl' } = request;
      const delta = await listAt(table, request, context);
      if (format === 'jsonl') return yield* replies(RECORDS, exportRecords(delta, wanted(request)));
      const title = `${table.name}, revision ${delta.to}`;
      return yield* replies(TEXT, exportRules(delta, wanted(request), { format, title, now: new Date() }));
    },
  };
}

/** Export for the list of processes. */
export function processExport<E extends Entry>(table: Table<E>): Handlers {
  return {
    async *Export(request: Request, context: CallContext) {
      const delta = await listAt(table, request, context);
      yield* replies(RECORDS, exportRecords(delta, wanted(request)));
    },
  };
}

async function listAt<E extends Entry>(
  table: Table<E>,
  { revision }: Request,
  { deadline }: CallContext,
): Promise<Delta<E>> {
  if (revision !== undefined) {
    await table.follow();
    table.refuseFuture('revision', revision);
  }
  return table.changes(0, revision, Math.min(deadline, Date.now() + FOLLOW_MS));
}

const FOLLOW_MS = 5000;

function wanted({ source }: Request): (entry: Entry) => boolean {
  return (entry) => source === undefined || entry.sources.includes(source);
}

async function* replies(contentType: string, text: AsyncIterable<string>): AsyncGenerator<object> {
  yield { content_type: contentType };
  for await (const piece of text) yield { content: Buffer.from(piece) };
}
