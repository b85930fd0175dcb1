// Says how one process of the system is started and how it is known to serve; and starts one process by such a description.

import { type Child, describeExit, type Exit, launch } from './child.ts';

export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Whether it says by a JSON line with `"ready": true` that it serves. */
  saysReady: boolean;
  /** Resolves once it serves; asked after it said so, where it does. Gives up when the signal is aborted. */
  probe?: (signal: AbortSignal) => Promise<void>;
  /** Lines that are not worth showing. */
  isNoise?: (line: string) => boolean;
}

export interface StartedProcess {
  child: Child;
  /** Resolves when it serves; rejects when it ends before that, with its last lines, or when the signal is aborted. */
  ready: Promise<void>;
}

/** Starts a process. Rejects when it cannot be started at all; whether it serves is told by `ready`. */
export async function startProcess(
  spec: ProcessSpec,
  onLine: (line: string) => void,
  signal?: AbortSignal,
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
  const early = Promise.withResolvers<never>();
  void child.exited.then((exit) => {
    const error = endedEarly(spec.name, exit, child.tail());
    early.reject(error);
    ended.abort(error);
  });
  signal?.addEventListener('abort', () => early.reject(signal.reason), { once: true });
  const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const serving = said.promise.then(() => spec.probe?.(either));
  const ready = Promise.race([serving, early.promise]);
  // Nobody need listen to them: the one who waits for `ready` is told.
  serving.catch(() => {});
  ready.catch(() => {});
  return { child, ready };
}

function saysReady(line: string): boolean {
  if (!line.startsWith('{') || !line.includes('"ready":true')) return false;
  try {
    return (JSON.parse(line) as { ready?: unknown }).ready === true;
  } catch {
    return false;
  }
}

function endedEarly(name: string, exit: Exit, tail: string[]): Error {
  const last = tail.map((line) => `\n    ${line}`).join('');
  return new Error(`${name} ended (${describeExit(exit)}) before it was ready${last}`);
}
