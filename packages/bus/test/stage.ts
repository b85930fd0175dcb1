// What most tests of the bus need: a server, connections to it that are closed afterwards, and a look at what a stream holds.

import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect, onTestFinished } from 'vitest';
import { type Bus, connectBus, type Log, type Relay, startRelay, tableEvent } from '../src/index.ts';
import type { ArrayLog } from './array-log.ts';
import { NatsServer } from './nats-server.ts';

export const STREAM = 'egg_domain_block';
export const SUBJECTS = ['egg.domain_block.>'];

/** A log that keeps what was said. */
export class Said implements Log {
  readonly lines: { level: keyof Log; message: string; fields: object }[] = [];
  debug = this.#keep('debug');
  info = this.#keep('info');
  warn = this.#keep('warn');
  error = this.#keep('error');

  #keep(level: keyof Log) {
    return (fields: object, message: string): void => void this.lines.push({ level, message, fields });
  }

  of(level: keyof Log): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}

/** Has something done after the test, the last thing first. */
export function afterwards(end: () => Promise<unknown>): void {
  onTestFinished(async () => void (await end()));
}

export async function server(started = true): Promise<NatsServer> {
  const nats = await NatsServer.create();
  afterwards(() => nats.remove());
  if (started) await nats.start();
  return nats;
}

export function bus(nats: NatsServer, log: Log = new Said()): Bus {
  const one = connectBus({ url: nats.url, name: 'test', log });
  afterwards(() => one.close());
  return one;
}

export interface RelayRest {
  readonly said?: Said;
  readonly bus?: Bus;
  readonly maxAgeMs?: number;
}

/** A relay of a log, on a connection of its own as another replica's would be. */
export function relay(nats: NatsServer, source: ArrayLog, rest: RelayRest = {}): Relay {
  const { said = new Said(), maxAgeMs } = rest;
  const over = rest.bus ?? bus(nats, said);
  const one = startRelay({
    bus: over,
    log: said,
    source,
    stream: { name: STREAM, subjects: SUBJECTS, ...(maxAgeMs !== undefined && { maxAgeMs }) },
    event: (commit) => tableEvent({ prefix: over.prefix, table: 'domain_block' }, commit, over.eventBytes()),
    pollMs: 200,
  });
  afterwards(() => one.stop());
  return one;
}

/** Ends a wait that would last for ever, with the test's own time. */
export const soon = (): AbortSignal => AbortSignal.timeout(25_000);

/** Talks to the server past this package. */
export async function operator(nats: NatsServer): Promise<JetStreamManager> {
  const connection = await connect({ servers: nats.url.slice('nats://'.length), maxReconnectAttempts: -1 });
  afterwards(() => connection.close());
  return jetstreamManager(connection);
}

export interface Stored {
  readonly seq: number;
  readonly event: { readonly id: string; readonly requestid: string };
}

/** All that a stream holds, in order. */
export async function stored(nats: NatsServer, stream = STREAM): Promise<Stored[]> {
  const jsm = await operator(nats);
  const { state } = await jsm.streams.info(stream);
  const found: Stored[] = [];
  if (state.messages === 0) return found;
  const consumer = await jsm.jetstream().consumers.get(stream, { opt_start_seq: state.first_seq });
  for await (const message of await consumer.consume()) {
    found.push({ seq: message.seq, event: message.json() });
    if (message.seq === state.last_seq) break;
  }
  return found;
}

/** Expects a stream to hold every commit of a log from a revision on, once, in order, at the sequence of its revision. */
export async function expectWhole(nats: NatsServer, log: ArrayLog, first = 1): Promise<void> {
  const expected = log.commits
    .slice(first - 1)
    .map(({ revision, requestId }) => [revision, `domain_block:${revision}`, requestId]);
  const found = await stored(nats);
  expect(found.map(({ seq, event }) => [seq, event.id, event.requestid])).toEqual(expected);
}
