// Takes a list as a stream: the first message says how, what follows is text. Tells how far it is while it works.

import type { ImportDomainBlocksRequest, ImportReplyProgress } from '@egg/contract/types/blocklists';
import type { CallContext, Handlers, Log } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import { originOf, type Table } from '@egg/store';
import { domainReader, type LineReader, processReader } from '../domain/lists/listed.ts';
import { LONGEST_TEXT_LINE } from '../domain/lists/line.ts';
import type { Entry } from '../lists/entry.ts';
import { Import } from '../lists/import.ts';
import { followed, type Task } from '../lists/progress.ts';
import { Turns } from '../lists/turns.ts';

type Request = Omit<ImportDomainBlocksRequest, 'format'> & { readonly format?: string };
type DomainRequest = Pick<ImportDomainBlocksRequest, 'format' | 'force'>;

/** A record of 256 KiB fits in it, also where its text is escaped. */
const LONGEST_RECORD_LINE = 512 * 1024;

interface ImportRules<E extends Entry> {
  readonly table: Table<E>;
  readonly log: Log;
  /** How the lines of this list are read. */
  readonly reader: (request: Request, isRestore: boolean) => LineReader<object>;
  readonly defaultFormat: string;
}

/** Import for the list of domains. */
export function domainImport<E extends Entry>(table: Table<E>, log: Log): Handlers {
  const reader: ImportRules<E>['reader'] = (request, isRestore) => {
    const { format = 'auto', force = false } = request as DomainRequest;
    // What was taken once is not asked about again.
    return domainReader({ format, force: force || isRestore, isRestore, now: new Date() });
  };
  return importMethod({ table, log, reader, defaultFormat: 'auto' });
}

/** Import for the list of processes. */
export function processImport<E extends Entry>(table: Table<E>, log: Log): Handlers {
  const reader: ImportRules<E>['reader'] = (_request, isRestore) =>
    processReader({ isRestore, now: new Date() });
  return importMethod({ table, log, reader, defaultFormat: 'jsonl' });
}

function importMethod<E extends Entry>({ table, log, reader, defaultFormat }: ImportRules<E>): Handlers {
  const turns = new Turns();

  async function* Import_(requests: AsyncIterable<Request>, context: CallContext): AsyncGenerator<object> {
    const iterator = requests[Symbol.asyncIterator]();
    const { value: first, done } = await iterator.next();
    if (done === true) throw invalidField('', 'the first message has to say how the list is taken');
    const { source, mode = 'add', dry_run: isDry = false, restore: isRestore = false } = first;
    const { format = defaultFormat } = first;
    refuseContradiction({ format, source, mode, isRestore });
    const work = new Import<E>({
      table,
      read: reader(first, isRestore),
      longestLine: format === 'auto' || format === 'jsonl' ? LONGEST_RECORD_LINE : LONGEST_TEXT_LINE,
      ...(source !== undefined && { source }),
      isReplace: mode === 'replace',
      isDry,
      isRestore,
      origin: originOf(context),
      deadline: context.deadline,
      signal: context.signal,
    });
    const progress = (): ImportReplyProgress => work.report.counts();
    const task: Task<object> = {
      log: log,
      name: `import into ${table.name}`,
      requestId: context.requestId,
      progress,
      run: () => turns.take(source ?? '', () => work.run(pieces(first, iterator))),
    };
    yield* followed(task);
    const { lines: _, ...counts } = work.report.counts();
    yield { data: { ...counts, errors: work.report.errors, counter: table.revision } };
  }

  return { Import: Import_ };
}

function refuseContradiction(request: {
  format: string;
  source: string | undefined;
  mode: string;
  isRestore: boolean;
}): void {
  const { format, source, mode, isRestore } = request;
  if (mode === 'replace' && source === undefined)
    throw invalidField('source', 'is required with mode=replace: it says whose entries are replaced');
  if (isRestore && format !== 'jsonl') throw invalidField('restore', 'needs format=jsonl');
  if (isRestore && mode === 'replace') throw invalidField('restore', 'does not go with mode=replace');
}

async function* pieces(first: Request, iterator: AsyncIterator<Request>): AsyncGenerator<Uint8Array> {
  if (first.content) yield first.content;
  for (;;) {
    const { value, done } = await iterator.next();
    if (done === true) return;
    if (value.content) yield value.content;
  }
}
