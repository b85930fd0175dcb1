// A program under test: its lines can be awaited, and it is gone when the test is over.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { identify, type ProcessIdentity } from '../src/process-identity.ts';
import { until } from '../src/until.ts';

export interface Program {
  pid: number;
  lines: string[];
  /** The first line that matches, also when it was written before. Throws when the program ends without it. */
  line(pattern: RegExp): Promise<string>;
  /** Resolves with the status, or the signal's name. */
  ended: Promise<number | string | null>;
  signal(name: NodeJS.Signals): void;
}

export interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

const LIMIT_MS = 30_000;

export function program(command: string, args: string[], options: ProgramOptions = {}): Program {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | string | null);
  let isOver = false;
  void ended.then(() => (isOver = true));
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return {
    pid: child.pid as number,
    lines,
    ended,
    signal: (name) => void child.kill(name),
    line: async (pattern) => {
      const find = (): string | undefined => lines.find((line) => pattern.test(line));
      const isThere = (): Promise<boolean> => Promise.resolve(find() !== undefined || isOver);
      await until(isThere, AbortSignal.timeout(LIMIT_MS)).catch(() => {});
      const found = find();
      if (found === undefined) throw new Error(`no ${String(pattern)} in:\n${lines.join('\n')}`);
      return found;
    },
  };
}

/** Who has this pid; throws when nobody has. */
export function living(pid: number): ProcessIdentity {
  const identity = identify(pid);
  if (identity === undefined) throw new Error(`no process ${pid}`);
  return identity;
}
