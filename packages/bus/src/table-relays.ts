// The relays of one table: its commits and, where the table has a counter, the counter's steps, out of the same log.

import type { Bus } from './bus.ts';
import { counterEvent, counterSubject, tableEvent } from './events.ts';
import type { Log } from './log.ts';
import { startRelay } from './relay.ts';
import type { Relay, RelayOptions } from './relay-model.ts';
import type { CommitSource } from './source.ts';
import { deleteStream, type StreamSpec } from './stream.ts';

export interface TableRelaysOptions extends Pick<StreamSpec, 'maxAgeMs' | 'maxBytes' | 'replicas'> {
  readonly bus: Bus;
  readonly log: Log;
  /** The table's name in subjects: `domain_block`. */
  readonly table: string;
  /** The counter that is the table's revision: `counter_for_domain`. */
  readonly counter?: string;
  readonly source: CommitSource;
  readonly pollMs?: number;
}

export interface TableRelays {
  readonly table: Relay;
  readonly counter?: Relay;
  /** Both, or the one there is. */
  readonly all: readonly Relay[];
  /** Resolves when all streams have a revision. Rejects with the signal's reason. */
  caughtUp(revision: number, signal: AbortSignal): Promise<void>;
  /** Stops all; see `Relay.stop`. */
  stop(): Promise<void>;
}

/** The stream of a table's events, or of a counter's. */
export function streamName(prefix: string, tableOrCounter: string): string {
  return `${prefix}_${tableOrCounter}`;
}

/** Starts to relay a table's log: to `<prefix>_<table>` with `<prefix>.<table>.>`, and to its counter's stream. */
export function startTableRelays(options: TableRelaysOptions): TableRelays {
  const { bus, log, source, table: name, counter: field } = options;
  const { prefix } = bus;
  const start = (part: string, subject: string, event: RelayOptions['event']): Relay =>
    startRelay({
      bus,
      log,
      source,
      event,
      stream: {
        name: streamName(prefix, part),
        subjects: [subject],
        ...(options.maxAgeMs !== undefined && { maxAgeMs: options.maxAgeMs }),
        ...(options.maxBytes !== undefined && { maxBytes: options.maxBytes }),
        ...(options.replicas !== undefined && { replicas: options.replicas }),
      },
      ...(options.pollMs !== undefined && { pollMs: options.pollMs }),
    });
  const table = start(name, `${prefix}.${name}.>`, (commit) =>
    tableEvent({ prefix, table: name }, commit, bus.eventBytes()),
  );
  const counter =
    field === undefined
      ? undefined
      : start(field, counterSubject(prefix, field), (commit) => counterEvent({ prefix, field }, commit));
  const all = counter ? [table, counter] : [table];
  return {
    table,
    ...(counter && { counter }),
    all,
    caughtUp: async (revision, signal) => {
      await Promise.all(all.map((relay) => relay.caughtUp(revision, signal)));
    },
    stop: async () => {
      await Promise.all(all.map((relay) => relay.stop()));
    },
  };
}

/** Deletes the streams of a table and its counter, so that the relays fill them again. Rejects with the signal's reason. */
export async function deleteStreams(
  bus: Bus,
  { table, counter }: { table: string; counter?: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const link = await bus.link(signal);
  for (const part of counter === undefined ? [table] : [table, counter]) {
    await deleteStream(link, streamName(bus.prefix, part));
  }
}
