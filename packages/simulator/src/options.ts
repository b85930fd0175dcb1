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
  const { hosts, connections, seconds, untilRun, speed, workSeconds } = settings;
  const isWhole = (value: number, most = Infinity): boolean =>
    Number.isSafeInteger(value) && value >= 1 && value <= most;
  check('hosts', hosts, isWhole(hosts, MOST_HOSTS), `a whole number from 1 to ${MOST_HOSTS}`);
  check('connections', connections, isWhole(connections), 'a whole number from 1 on');
  check('until-run', untilRun, untilRun === undefined || isWhole(untilRun), 'the id of a run');
  check('seconds', seconds, seconds === undefined || (Number.isFinite(seconds) && seconds >= 0), '0 or more');
  check('speed', speed, Number.isFinite(speed) && speed > 0, 'more than 0');
  check('work-seconds', workSeconds, Number.isFinite(workSeconds) && workSeconds >= 0, '0 or more');
  for (const what of ['failure', 'offline', 'crash'] as const) {
    const percent = settings[`${what}Percent`];
    check(`${what}-percent`, percent, percent >= 0 && percent <= 100, 'from 0 to 100');
  }
  return settings;
}

const MOST_HOSTS = 1_000_000;

/** By the names of the command line. */
function check(name: string, value: number | undefined, isRight: boolean, range: string): void {
  if (!isRight) throw new RangeError(`${name} has to be ${range}, not ${value}`);
}
