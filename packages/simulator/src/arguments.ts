// The simulator's command line, as options.

import { parseArgs } from 'node:util';
import type { SimulateOptions } from './options.ts';

export const USAGE = `usage: npm run simulate -- --hosts N [OPTION…]

  --server URL             the gateway (http://127.0.0.1:8080)
  --token TOKEN            an admin's token where the gateway is closed; also EGG_TOKEN
  --hosts N                how many hosts
  --prefix NAME            what they are called: NAME-1, NAME-2, … (sim)
  --state FILE             keeps the fleet with its tokens, so that the next simulation goes on with it
  --label KEY=VALUE        one more label of all hosts; may be there several times
  --egg NAME --version V   what new hosts report to run (agent 1.0.0)
  --seconds S              ends after so long with all hosts enrolled
  --until-run ID           ends when this run has ended
  --failure-percent P      of executions, which fail (0)
  --crash-percent P        of executions, which are taken and never heard of again (0)
  --offline-percent P      of hosts, which never come (0)
  --speed X                hosts come, and work, X times as fast as they are told (1)
  --work-seconds S         how long work takes, within a half to either side (1)
  --slow-reports           tell of work only in check-ins that are due anyway
  --connections N          at most so many requests at once (64)
  --json                   the summary as one JSON object on stdout

Without --seconds and --until-run it goes on until Ctrl-C.`;

const OPTIONS = {
  server: { type: 'string' },
  token: { type: 'string' },
  hosts: { type: 'string' },
  prefix: { type: 'string' },
  state: { type: 'string' },
  label: { type: 'string', multiple: true },
  egg: { type: 'string' },
  version: { type: 'string' },
  seconds: { type: 'string' },
  'until-run': { type: 'string' },
  'failure-percent': { type: 'string' },
  'crash-percent': { type: 'string' },
  'offline-percent': { type: 'string' },
  speed: { type: 'string' },
  'work-seconds': { type: 'string' },
  'slow-reports': { type: 'boolean' },
  connections: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

export interface Arguments {
  readonly options: SimulateOptions;
  readonly json: boolean;
}

/** Reads the command line; undefined where it asks for help. Throws where it is wrong. */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments | undefined {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help) return undefined;
  const number = (name: keyof typeof OPTIONS): number | undefined => {
    const value = values[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !/^\d+(\.\d+)?$/.test(value))
      throw new Error(`--${name} has to be a number, not ${String(value)}`);
    return Number(value);
  };
  const hosts = number('hosts');
  if (hosts === undefined) throw new Error('--hosts is missing');
  if (values.server !== undefined && !URL.canParse(values.server))
    throw new Error(`--server has to be a URL, not ${values.server}`);
  const options = {
    server: values.server,
    token: values.token ?? env['EGG_TOKEN'],
    hosts,
    prefix: values.prefix,
    stateFile: values.state,
    labels: labelsOf(values.label ?? []),
    egg: { egg: values.egg ?? 'agent', version: values.version ?? '1.0.0' },
    seconds: number('seconds'),
    untilRun: number('until-run'),
    failurePercent: number('failure-percent'),
    crashPercent: number('crash-percent'),
    offlinePercent: number('offline-percent'),
    speed: number('speed'),
    workSeconds: number('work-seconds'),
    slowReports: values['slow-reports'],
    connections: number('connections'),
  };
  return { options: { ...said(options), hosts }, json: values.json ?? false };
}

function labelsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined)
        throw new Error(`--label has to be KEY=VALUE, not ${text}`);
      return [key, value];
    }),
  );
}

/** Without what was not said. */
function said<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
