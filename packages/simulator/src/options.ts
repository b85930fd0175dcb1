// What a simulation is told: how many hosts, how long, and how often something goes wrong.

import type { Summary } from './summary.ts';

export interface SimulateOptions {
  /** The gateway. Default: `http://127.0.0.1:8080`. */
  readonly server?: string;
  /** An admin's token, where the gateway is closed. */
  readonly token?: string | undefined;
  readonly hosts: number;
  /** What the hosts are called: `sim-1`, `sim-2`, … by default. */
  readonly prefix?: string;
  /** Where the fleet is kept from one simulation to the next. It holds the hosts' tokens. */
  readonly stateFile?: string | undefined;
  /** From when all hosts are enrolled; without it or `untilRun`, until the signal. */
  readonly seconds?: number | undefined;
  /** Ends when this run has ended. */
  readonly untilRun?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of executions, which fail. Default: 0. */
  readonly failurePercent?: number;
  /** Of hosts, which never come. Default: 0. */
  readonly offlinePercent?: number;
  /** Of executions, which are taken and never heard of again. Default: 0. */
  readonly crashPercent?: number;
  /** How many times as fast as told the hosts come, and work. Default: 1. */
  readonly speed?: number;
  /** How long work takes, within a half to either side. Default: 1. */
  readonly workSeconds?: number;
  /** Tell of work only in check-ins that are due anyway, not at once. Default: false. */
  readonly slowReports?: boolean;
  /** Labels of every host, beside `env`, `ring` and `site`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What new hosts report to run. Default: `agent` 1.0.0. */
  readonly egg?: { readonly egg: string; readonly version: string };
  /** At most so many requests at once. Default: 64. */
  readonly connections?: number;
  /** Told how far it is, about once in `progressMs` (1000). */
  readonly onProgress?: (summary: Summary) => void;
  readonly progressMs?: number;
  /** Told once, when all hosts are enrolled. */
  readonly onEnrolled?: (summary: Summary) => void;
  /** Told of everything that broke the protocol, as it is seen. */
  readonly onViolation?: (kind: string, message: string) => void;
}

/** With all that has a default. */
export type Settings = ReturnType<typeof withDefaults>;

/** Throws RangeError where a number is none that makes sense. */
export function withDefaults(options: SimulateOptions) {
  const settings = {
    ...options,
    server: options.server ?? 'http://127.0.0.1:8080',
    prefix: options.prefix ?? 'sim',
    failurePercent: options.failurePercent ?? 0,
    offlinePercent: options.offlinePercent ?? 0,
    crashPercent: options.crashPercent ?? 0,
    speed: options.speed ?? 1,
    workSeconds: options.workSeconds ?? 1,
    slowReports: options.slowReports ?? false,
    labels: options.labels ?? {},
    egg: options.egg ?? { egg: 'agent', version: '1.0.0' },
    connections: options.connections ?? 64,
    progressMs: options.progressMs ?? 1000,
  };
  const { hosts, connections, seconds, untilRun } = settings;
  check('hosts', hosts, Number.isSafeInteger(hosts) && hosts >= 1 && hosts <= MOST_HOSTS);
  check('connections', connections, Number.isSafeInteger(connections) && connections >= 1);
  check('untilRun', untilRun, untilRun === undefined || (Number.isSafeInteger(untilRun) && untilRun >= 1));
  check('seconds', seconds, seconds === undefined || (Number.isFinite(seconds) && seconds >= 0));
  check('speed', settings.speed, Number.isFinite(settings.speed) && settings.speed > 0);
  check(
    'workSeconds',
    settings.workSeconds,
    Number.isFinite(settings.workSeconds) && settings.workSeconds >= 0,
  );
  for (const name of ['failurePercent', 'offlinePercent', 'crashPercent'] as const)
    check(name, settings[name], settings[name] >= 0 && settings[name] <= 100);
  return settings;
}

const MOST_HOSTS = 1_000_000;

function check(name: string, value: number | undefined, isRight: boolean): void {
  if (!isRight) throw new RangeError(`${name} cannot be ${value}`);
}
