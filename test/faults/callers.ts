// Callers that go on whatever happens: each adds, changes and deletes domains of its own and raises the counter, and keeps what it
// was told. A part of the writes carries an Idempotency-Key and is sent until it is answered, as a careful client does.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, DomainEntry, HttpClient } from '@egg/testing';
import type { Record, Verb, Write } from './record.ts';

/** Between two writes of one caller, at most: the log has to stay small enough to be read whole in the end. */
const PACE_MS = 40;
const RETRY_MS = 50;
const PROBE_MS = 50;

/** Codes that say that the write may have been made. */
const UNKNOWN = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNKNOWN', 'CANCELLED']);

type Data = DomainEntry & { readonly value: number };

export interface Callers {
  /** Lets each end what it has begun. Throws what a caller was told that cannot be. */
  stop(): Promise<void>;
}

/** Starts `count` callers over the gateways, and one that raises a counter every 50 ms without waiting for an answer. */
export function startCallers(gateways: readonly HttpClient[], count: number, record: Record): Callers {
  const stopping = new AbortController();
  const running = Array.from({ length: count }, (_, index) =>
    new Caller(gateways[index % gateways.length] as HttpClient, `c${index}`, record).run(stopping.signal),
  );
  const probes = new Set<Promise<unknown>>();
  let probed = 0;
  const probe = setInterval(() => {
    const http = gateways[probed++ % gateways.length] as HttpClient;
    const sent = write(http, record.begin('touched', randomUUID()), record, ['/counter/update', RAISE]);
    probes.add(sent);
    void sent.finally(() => probes.delete(sent)).catch(() => undefined);
  }, PROBE_MS);
  return {
    stop: async () => {
      clearInterval(probe);
      stopping.abort();
      await Promise.all([...running, ...probes]);
    },
  };
}

const RAISE = { field: 'counter_for_domain' };

class Caller {
  readonly #http: HttpClient;
  readonly #name: string;
  readonly #record: Record;
  /** Its own domains, as it was told that they are. */
  readonly #own: DomainEntry[] = [];
  #count = 0;

  constructor(http: HttpClient, name: string, record: Record) {
    this.#http = http;
    this.#name = name;
    this.#record = record;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#writeOne();
      await delay(Math.random() * PACE_MS);
    }
  }

  async #writeOne(): Promise<void> {
    const verb = this.#choose();
    const [row] = verb === 'updated' || verb === 'deleted' ? this.#take() : [];
    const done = this.#record.begin(verb, randomUUID());
    const request = this.#request(verb, row?.id);
    if (Math.random() < 0.25) await this.#untilAnswered(done, request);
    else await write(this.#http, done, this.#record, request);
    // A domain of which nobody knows what became is left alone.
    if (done.outcome === 'answered' && done.row && verb !== 'deleted') this.#own.push(done.row);
    if (done.outcome === 'refused') this.#record.faults.push(`${verb} of its own was refused: ${done.why}`);
  }

  /** Sends it with the same key until there is an answer. */
  async #untilAnswered(done: Write, request: [string, object]): Promise<void> {
    const headers = { 'idempotency-key': done.requestId };
    for (;;) {
      await write(this.#http, done, this.#record, request, headers);
      if (done.outcome !== 'unknown') return;
      await delay(RETRY_MS);
    }
  }

  #choose(): Verb {
    const dice = Math.random();
    if (dice < 0.2) return 'touched';
    if (this.#own.length < 5 || dice < 0.55) return 'added';
    return dice < 0.8 ? 'updated' : 'deleted';
  }

  #take(): DomainEntry[] {
    return this.#own.splice(Math.floor(Math.random() * this.#own.length), 1);
  }

  #request(verb: Verb, id: number | undefined): [string, object] {
    const number = ++this.#count;
    if (verb === 'touched') return ['/counter/update', RAISE];
    if (verb === 'added') return ['/domain/add', { domain: `${this.#name}-${number}.example` }];
    if (verb === 'updated') return ['/domain/update', { id, comment: `${this.#name} ${number}` }];
    return ['/domain/delete', { id }];
  }
}

/** Sends a write once and keeps how it ended. */
async function write(
  http: HttpClient,
  done: Write,
  record: Record,
  [path, fields]: [string, object],
  headers: { readonly [name: string]: string } = {},
): Promise<void> {
  let answer: Answer<Data>;
  try {
    answer = await http.post<Data>(path, fields, { ...headers, 'x-request-id': done.requestId });
  } catch {
    // The connection broke: nobody knows.
    return;
  }
  const { httpStatus, body } = answer;
  if (httpStatus === 500) record.faults.push(`${path} ${JSON.stringify(fields)}: ${answer.text}`);
  if (body.status === 0) {
    record.served();
    done.outcome = 'answered';
    if (done.verb === 'touched') done.revision = body.data.value;
    else [done.revision, done.row] = [body.data.revision, body.data];
  } else if (!UNKNOWN.has(body.code ?? '')) {
    done.outcome = 'refused';
    done.why = answer.text;
  }
}
