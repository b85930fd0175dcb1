// Reads what a stream of the bus holds, from its first event on.

import { connectBus, consume, streamName } from '@egg/bus';
import { quiet } from './quiet.ts';
import type { Row } from './table-reads.ts';

/** A CloudEvent of the bus. */
export interface TableEvent<R extends Row = Row> {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly actor?: string;
  readonly requestid?: string;
  readonly data: {
    readonly before?: R;
    readonly after?: R;
    readonly actor: string;
    readonly requestid: string;
    readonly field?: string;
    readonly value?: number;
  };
}

export interface ReceivedEvent<R extends Row = Row> {
  /** The sequence in the stream. */
  readonly sequence: number;
  /** The subject that it was sent to, without the prefix. */
  readonly to: string;
  readonly event: TableEvent<R>;
}

const WAIT_MS = 20_000;

/**
 * The events 1 to `last` of a table's or a counter's stream, in the order they come in. Waits for those that are on their way; throws
 * where the last one does not come, or where the stream has a gap.
 */
export async function readEvents<R extends Row>(
  bus: { readonly url: string; readonly prefix: string },
  tableOrCounter: string,
  last: number,
): Promise<ReceivedEvent<R>[]> {
  const stream = streamName(bus.prefix, tableOrCounter);
  const connection = connectBus({ ...bus, name: 'test', log: quiet });
  const done = new AbortController();
  const events: ReceivedEvent<R>[] = [];
  let gap: string | undefined;
  try {
    if (last === 0) return events;
    await consume({
      bus: connection,
      log: quiet,
      stream,
      from: 1,
      signal: AbortSignal.any([done.signal, AbortSignal.timeout(WAIT_MS)]),
      onGap: ({ from, to }) => {
        gap = `${stream} has not ${from} to ${to}`;
        done.abort();
      },
      handler: ({ revision, subject, payload }) => {
        const event = JSON.parse(Buffer.from(payload).toString()) as TableEvent<R>;
        events.push({ sequence: revision, to: subject.slice(bus.prefix.length + 1), event });
        if (revision >= last) done.abort();
      },
    });
  } finally {
    await connection.close();
  }
  if (gap !== undefined) throw new Error(gap);
  if (events.length < last) throw new Error(`${stream} has ${events.length} events of ${last}`);
  return events;
}

/** The table that the events tell of. Throws where one does not follow from those before it. */
export function foldEvents<R extends Row>(events: readonly ReceivedEvent<R>[]): Map<number, R> {
  const rows = new Map<number, R>();
  for (const { sequence, event } of events) {
    const { before, after } = event.data;
    const id = Number(event.subject);
    if (!before && !after) continue;
    const held = rows.get(id);
    if (JSON.stringify(held) !== JSON.stringify(before)) {
      throw new Error(
        `event ${sequence} changes ${JSON.stringify(before)}, where ${JSON.stringify(held)} was`,
      );
    }
    if (after) rows.set(id, after);
    else rows.delete(id);
  }
  return rows;
}
