// The life of the supervisor's process: configuration, start, the line that says it is ready, a signal, stop, status.

import { ConfigError } from '@egg/service/variables';
import { type Config, readConfig, unknownVariables } from './config.ts';
import { DataDirInUseError } from './data-dir.ts';
import type { Log } from './log.ts';
import type { ProcessSpec } from './process-spec.ts';
import { renderLine } from './render-line.ts';
import { httpUrl, ROOT } from './services.ts';
import { startSystem, StartError } from './system.ts';
import { onStopSignals } from './stop-signals.ts';

/**
 * Runs the system until a signal stops it and returns the status to end with: 0 after a stop, 1 when it could not start.
 * `stagesFor` says which processes there are.
 */
export async function run(stagesFor: (config: Config) => ProcessSpec[][]): Promise<number> {
  const stopping = new AbortController();
  const log: Log = (line) => console.log(line);
  // A reader that went away is no reason to fall.
  process.stdout.on('error', () => {});
  const say = (line: string): void => log(renderLine('egg', line));
  onStopSignals({
    stop: (signal) => {
      say(`${signal}: stopping`);
      stopping.abort();
    },
    again: () => say('still stopping; one more signal kills everything'),
    force: () => {
      say('killing everything');
      // What is still running is killed when this process ends.
      process.exit(1);
    },
  });
  try {
    const config = readConfig(process.env, ROOT);
    for (const name of unknownVariables(process.env))
      say(`${name} is no variable that the egg server knows here`);
    const system = await startSystem(config, stagesFor(config), log, stopping.signal);
    log(`ready ${httpUrl(config)}`);
    await aborted(stopping.signal);
    await system.stop();
    say('stopped');
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) {
      say('stopped before it was ready');
      return 0;
    }
    console.error(renderLine('egg', explain(error)));
    return 1;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** A stack helps only where the cause is in this program. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof ConfigError || error instanceof DataDirInUseError || error instanceof StartError;
  return isExpected ? error.message : `cannot start: ${error.message}`;
}
