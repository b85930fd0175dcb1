// Runs one process: configuration, log, start, ready line, and a stop in order. Nothing else ends a process.

import { type Config, readConfig } from './config.ts';
import { createLog, type Logger } from './log.ts';
import { ConfigError } from './variables.ts';
import { createMetrics, type Metrics, serveMetrics } from './metrics.ts';

/** What a process is given at its start. */
export interface ServiceContext {
  readonly name: string;
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface Running {
  /** Drains, flushes and closes, in that order. */
  stop(): Promise<void>;
  /** For the ready line, such as the port. */
  readonly ready?: Readonly<Record<string, unknown>>;
}

export interface ServiceOptions {
  readonly name: string;
  readonly start: (context: ServiceContext) => Promise<Running>;
  /** How long a stop may take, also one that waits for the start. Default: 8 s. */
  readonly stopMs?: number;
}

/**
 * Starts a service and keeps it until SIGTERM or SIGINT, then stops it and ends the process with status 0. A bad configuration, a
 * start that fails, an error that nobody caught and a stop that takes too long are logged and end it with status 1.
 */
export async function runService({ name, start, stopMs = 8000 }: ServiceOptions): Promise<void> {
  let log = createLog({ service: name, level: 'info' });
  const die = (error: unknown, message: string): never => {
    log.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on('uncaughtException', (error) => die(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => die(error, 'unhandled rejection'));
  const stopping = signalled((signal) => {
    log.info({ signal }, 'stopping');
    setTimeout(
      () => die(new Error(`still not stopped after ${stopMs} ms`), 'the stop took too long'),
      stopMs,
    ).unref();
  });
  try {
    const config = readConfig();
    log = createLog({ service: name, level: config.logLevel });
    const metrics = createMetrics();
    const shown =
      config.metricsPort === undefined
        ? undefined
        : await serveMetrics(metrics, { host: config.grpcHost, port: config.metricsPort });
    const running = await start({ name, config, log, metrics });
    // Whoever started this process waits for this line, whatever the level.
    log
      .child({}, { level: 'info' })
      .info({ ready: true, ...(shown && { metrics_port: shown.port }), ...running.ready }, 'ready');
    await stopping;
    await running.stop();
    await shown?.close();
  } catch (error) {
    if (error instanceof ConfigError) log.fatal({ problems: error.problems }, 'the configuration is wrong');
    else log.fatal({ err: error }, 'failed');
    process.exit(1);
  }
  log.info('stopped');
  process.exit(0);
}

/** Resolves at the first signal to stop. More of them change nothing: Ctrl-C reaches a process twice, from the terminal and its parent. */
function signalled(first: (signal: NodeJS.Signals) => void): Promise<void> {
  return new Promise((resolve) => {
    let seen = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (seen) return;
      seen = true;
      first(signal);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
