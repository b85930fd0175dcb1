// The methods of EggVersionService that are not those of every table: a list in order of precedence, and writes that tell in the log
// what they published.

import type { EggVersion, ListEggVersionsRequest } from '@egg/contract/types/eggs';
import type { CallContext, Handlers, Log, UnaryHandler } from '@egg/rpc';
import { invalidField } from '@egg/rpc/errors';
import type { Table } from '@egg/store';
import type { Ordered, Place, VersionOrder } from '../versions/order.ts';
import type { Publishing } from '../versions/publishing.ts';

interface Parts {
  readonly table: Table<EggVersion>;
  readonly order: VersionOrder;
  readonly publishing: Publishing;
  /** The methods that the table has by itself. */
  readonly standard: Handlers;
  readonly log: Log;
}

type List = (request: ListEggVersionsRequest, context: CallContext) => Promise<object>;
type Write = (request: object, context: CallContext) => Promise<{ data?: EggVersion }>;

const DEFAULT_LIMIT = 100;
/** A page ends when it has about this many characters, so that an answer stays within one message of 4 MiB. */
const PAGE_BYTES = 1.2 * 1024 * 1024;
/** Records that are read at once: of the largest size, some 13 MB. */
const READ = 50;

/** The methods, over those that the table has by itself. */
export function versionMethods({ table, order, publishing, standard, log }: Parts): Handlers {
  const list = standard['List'] as UnaryHandler as List;
  const telling =
    (write: Write): Write =>
    async (request, context) => {
      const answer = await write(request, context);
      if (answer.data) publishing.tell(log, context, answer.data);
      return answer;
    };
  return {
    Add: telling(standard['Add'] as UnaryHandler as Write),
    Update: telling(standard['Update'] as UnaryHandler as Write),

    async List(request: ListEggVersionsRequest, context: CallContext) {
      const isOrdered = request.sort === 'version' || request.sort === '-version';
      if (!isOrdered || request.id !== undefined) return list(request, context);
      return inOrder(table, order, request, context);
    },
  };
}

async function inOrder(
  table: Table<EggVersion>,
  order: VersionOrder,
  request: ListEggVersionsRequest,
  { deadline }: CallContext,
): Promise<object> {
  const { egg_id, state, limit = DEFAULT_LIMIT } = request;
  if (egg_id === undefined) throw invalidField('egg_id', 'is required to sort by version');
  for (const field of ['q', 'revision'] as const) {
    if (request[field] !== undefined)
      throw invalidField('sort', `has to be id or -id where ${field} is given`);
  }
  const behind = request.cursor === undefined ? undefined : placeOf(request.cursor, request);
  await table.follow(deadline);
  const places = order.part(egg_id, {
    descending: request.sort === '-version',
    limit: limit + 1,
    ...(state !== undefined && { state }),
    ...(behind && { behind }),
  });
  const total = order.count(egg_id, state);
  const { rows, last } = await readPart(table, places.slice(0, limit), state);
  const isMore = last !== undefined && last !== places.at(-1);
  return {
    data: rows,
    ...(isMore && { next_cursor: cursorOf(last, request) }),
    total,
    total_exact: true,
  };
}

/** The records of these places, as many as fit in an answer, and the last place that was looked at. */
async function readPart(
  table: Table<EggVersion>,
  places: readonly Ordered[],
  state: EggVersion['state'] | undefined,
): Promise<{ rows: EggVersion[]; last: Ordered | undefined }> {
  const rows: EggVersion[] = [];
  let bytes = 0;
  let last: Ordered | undefined;
  for (let from = 0; from < places.length; from += READ) {
    const some = places.slice(from, from + READ);
    const read = await table.currentOf(some.map(({ id }) => id));
    for (const place of some) {
      const row = read.get(place.id);
      // It may have gone, or changed its state, since the order was looked at.
      const isShown = row !== undefined && (state === undefined || row.state === state);
      bytes += isShown ? JSON.stringify(row).length : 0;
      if (bytes > PAGE_BYTES && rows.length > 0) return { rows, last };
      if (isShown) rows.push(row);
      last = place;
    }
  }
  return { rows, last };
}

function cursorOf({ version, id }: Place, request: ListEggVersionsRequest): string {
  return Buffer.from(JSON.stringify([version, id, scopeOf(request)])).toString('base64url');
}

function placeOf(cursor: string, request: ListEggVersionsRequest): Place {
  try {
    const [version, id, scope] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof version === 'string' && Number.isSafeInteger(id) && scope === scopeOf(request)) {
      return { version, id: id as number };
    }
  } catch {
    // Not what a page gave: refused below.
  }
  throw invalidField('cursor', 'is not a cursor of this query');
}

/** What has to be the same from page to page. */
function scopeOf({ sort, egg_id, state }: ListEggVersionsRequest): string {
  return [sort, egg_id, state].join(' ');
}
