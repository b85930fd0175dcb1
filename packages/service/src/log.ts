// The log of a process: lines of JSON on its output, by pino, without secrets.

import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from './config.ts';

export type { Logger };

const SECRET_KEYS = ['authorization', 'token', 'enrollment_token', 'admin_token', 'secret', 'password'];

export interface LogOptions {
  /** In every line. */
  readonly service: string;
  readonly level: LogLevel;
  /** Default: standard output, written at once, so that nothing is lost in a crash. */
  readonly destination?: DestinationStream;
}

/** A logger whose lines have `time` in RFC 3339, `level` by name and `service`; fields that hold a secret are redacted. */
export function createLog({ service, level, destination }: LogOptions): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
        censor: '[redacted]',
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
