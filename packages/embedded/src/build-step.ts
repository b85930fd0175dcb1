// Runs one command of a download or a build, which may take minutes: shows how long it has taken and what it is at, ends it
// when it is no longer wanted, and fails with the last lines it wrote.

import { describeExit, launch } from './child.ts';
import { elapsed, type Log } from './log.ts';

export interface BuildStep {
  /** What is being done, as the log says it: `building secantusd-rs 1.2.3`. */
  what: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Reads from a line of output what the command is at now; undefined when the line says nothing of it. */
  stage?: (line: string) => string | undefined;
  log: Log;
  signal?: AbortSignal | undefined;
}

const PROGRESS_MS = 5000;
const ERROR_LINES = 8;

/** Runs the command to its end and returns what it wrote. Throws when it fails, cannot be started or is aborted. */
export async function runBuildStep(step: BuildStep): Promise<string[]> {
  step.signal?.throwIfAborted();
  const startedAt = performance.now();
  const lines: string[] = [];
  let stage = '';
  const child = await launch({
    command: step.command,
    args: step.args,
    env: step.env,
    cwd: step.cwd,
    onLine: (line) => {
      lines.push(line);
      const now = step.stage?.(line);
      if (now !== undefined) stage = `, ${now}`;
    },
  });
  const progress = setInterval(() => {
    step.log(`${step.what}: ${elapsed(performance.now() - startedAt)}${stage}`);
  }, PROGRESS_MS);
  step.signal?.addEventListener('abort', child.kill);
  try {
    const exit = await child.exited;
    step.signal?.throwIfAborted();
    if (exit.code !== 0) {
      const last = lines.slice(-ERROR_LINES).map((line) => `\n    ${line}`);
      throw new Error(`${step.what} ended with ${describeExit(exit)}${last.join('')}`);
    }
    return lines;
  } finally {
    clearInterval(progress);
    step.signal?.removeEventListener('abort', child.kill);
  }
}
