// The counters that check-ins answer, held to what an egg relies on: they never go back, for one host and for all together, and the
// history that they count in is not an older one again.

export interface CountersAnswer {
  readonly counters: { readonly counter_for_domain: number; readonly counter_for_process: number };
  readonly logs: { readonly domain: string; readonly process: string };
}

export type CounterKind = 'domain' | 'process';

/** How old an answered counter may be. */
const OLDEST_MS = 1000;

/** One counter of one history, as the whole fleet hears of it. */
class Counter {
  /** Greater and greater values, and when each was heard first; none but the first is older than may be. */
  readonly #heard: { value: number; atMs: number }[] = [];

  hear(value: number, nowMs: number): void {
    if (value > (this.#heard.at(-1)?.value ?? -1)) this.#heard.push({ value, atMs: nowMs });
  }

  /** What an answer to a request of that moment has to reach. Moments never go back by much. */
  least(sentMs: number): number {
    const known = this.#heard.findLast(({ atMs }) => atMs + OLDEST_MS < sentMs);
    return known?.value ?? 0;
  }

  forget(beforeMs: number): void {
    while ((this.#heard[1]?.atMs ?? Infinity) + OLDEST_MS < beforeMs) this.#heard.shift();
  }
}

/** Requests are answered within this time. */
const LONGEST_MS = 60_000;

export class Counters {
  readonly #logs: Record<CounterKind, string[]> = { domain: [], process: [] };
  readonly #fleet: Record<CounterKind, Map<number, Counter>> = { domain: new Map(), process: new Map() };
  readonly #hosts: Record<CounterKind, { values: Float64Array; logs: Uint16Array }>;

  constructor(hosts: number) {
    const each = () => ({ values: new Float64Array(hosts), logs: new Uint16Array(hosts) });
    this.#hosts = { domain: each(), process: each() };
  }

  /** What a host tells that it has. */
  of(host: number): CountersAnswer['counters'] {
    return {
      counter_for_domain: this.#hosts.domain.values[host] ?? 0,
      counter_for_process: this.#hosts.process.values[host] ?? 0,
    };
  }

  /** Takes an answer to a request that was sent then, and says what is wrong with it. */
  take(host: number, { counters, logs }: CountersAnswer, sentMs: number, nowMs: number): string[] {
    return [
      ...this.#takeOne('domain', host, logs.domain, counters.counter_for_domain, { sentMs, nowMs }),
      ...this.#takeOne('process', host, logs.process, counters.counter_for_process, { sentMs, nowMs }),
    ];
  }

  #takeOne(
    kind: CounterKind,
    host: number,
    log: string,
    value: number,
    { sentMs, nowMs }: { sentMs: number; nowMs: number },
  ): string[] {
    const name = `counter_for_${kind}`;
    if (!Number.isSafeInteger(value) || value < 0) return [`${name} is ${value}`];
    const index = this.#indexOf(kind, log);
    const own = this.#hosts[kind];
    const [before = 0, beforeLog = 0] = [own.values[host], own.logs[host]];
    own.values[host] = value;
    own.logs[host] = index;
    if (index < beforeLog) return [`the history of ${name} is an older one again`];
    const fleet = this.#fleet[kind].get(index) ?? new Counter();
    this.#fleet[kind].set(index, fleet);
    const least = fleet.least(sentMs);
    fleet.hear(value, nowMs);
    fleet.forget(nowMs - LONGEST_MS);
    if (index === beforeLog && value < before)
      return [`${name} went back from ${before} to ${value} for one host`];
    if (value < least)
      return [`${name} is ${value}, and was ${least} more than a second before that was asked`];
    return [];
  }

  /** From 1, in the order in which histories were heard of. */
  #indexOf(kind: CounterKind, log: string): number {
    const logs = this.#logs[kind];
    const known = logs.indexOf(log);
    return known >= 0 ? known + 1 : logs.push(log);
  }
}
