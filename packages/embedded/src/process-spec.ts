// Says how one process of the system is started and how it is known to serve; and starts one process by such a description.

import { type Child, describeExit, launch } from './child.ts';
import { readable } from './render-line.ts';

export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Whether it says by a JSON line with `"ready": true` that it serves. */
  saysReady: boolean;
  /** Resolves once it serves; asked after it said so, where it does. The signal is aborted when the process ends. */
  probe?: (signal: AbortSignal) => Promise<void>;
  /** Lines that are not worth showing. */
  isNoise?: (line: string) => boolean;
}

export interface StartedProcess {
  child: Child;
  /** Resolves when it serves; rejects with an EndedEarlyError when it ends before that. */
  ready: Promise<void>;
}

/** A process ended before it served; the message has its last lines. */
export class EndedEarlyError extends Error {}

/** Starts a process. Rejects when it cannot be started at all; whether it serves is told by `ready`. */
export async function startProcess(
  spec: ProcessSpec,
  onLine: (line: string) => void,
): Promise<StartedProcess> {
  const said = Promise.withResolvers<void>();
  if (!spec.saysReady) said.resolve();
  const child = await launch({
    command: spec.command,
    args: spec.args,
    env: spec.env,
    cwd: spec.cwd,
    onLine: (line) => {
      if (saysReady(line)) said.resolve();
      if (!spec.isNoise?.(line)) onLine(line);
    },
  });
  const ended = new AbortController();
  const early = child.exited.then((exit) => {
    const error = new EndedEarlyError(
      withTail(`${spec.name} ended (${describeExit(exit)}) before it was ready`, child),
    );
    ended.abort(error);
    throw error;
  });
  const serving = said.promise.then(() => spec.probe?.(ended.signal));
  const ready = Promise.race([serving, early]);
  // All but `ready` are nobody's; and that one is listened to only by who wants to know.
  for (const promise of [serving, early, ready]) promise.catch(() => {});
  return { child, ready };
}

/** A message with the last lines that the process wrote below it. */
export function withTail(message: string, child: Child): string {
  return [message, ...child.tail().map((line) => `    ${readable(line)}`)].join('\n');
}

function saysReady(line: string): boolean {
  if (!line.startsWith('{') || !line.includes('"ready":true')) return false;
  try {
    return (JSON.parse(line) as { ready?: unknown }).ready === true;
  } catch {
    return false;
  }
}
