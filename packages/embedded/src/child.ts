// One child process whose output is read line by line and that can be stopped within a bounded time. It leads a process group
// of its own, so that Ctrl-C in a terminal reaches its parent alone, which then stops things in their order.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  /** Resolves when the process has ended and its output was read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The last lines it wrote. */
  tail(): string[];
  /** Asks it to end, and kills it when it has not within the time given. */
  stop(graceMs?: number): Promise<Exit>;
  /** Kills its whole group at once. */
  readonly kill: () => void;
}

export interface LaunchOptions {
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv | undefined;
  cwd?: string | undefined;
  onLine?: (line: string) => void;
}

const TAIL_LINES = 20;
/** A grandchild may keep the pipes open: the output is waited for this long, not for ever. */
const OUTPUT_GRACE_MS = 300;
const STOP_GRACE_MS = 10_000;

const living = new Set<Child>();
let killsAtExit = false;

/** Starts a process. Rejects when it cannot be started at all. */
export async function launch(options: LaunchOptions): Promise<Child> {
  const spawned = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const tail: string[] = [];
  for (const stream of [spawned.stdout, spawned.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      if (tail.push(line) > TAIL_LINES) tail.shift();
      options.onLine?.(line);
    });
  }
  const exited = new Promise<Exit>((resolve) => {
    spawned.once('exit', (code, signal) => {
      const end = (): void => resolve({ code, signal });
      spawned.once('close', end);
      setTimeout(end, OUTPUT_GRACE_MS).unref();
    });
  });
  await once(spawned, 'spawn');
  const pid = spawned.pid as number;
  const hasEnded = (): boolean => spawned.exitCode !== null || spawned.signalCode !== null;

  const child: Child = {
    pid,
    exited,
    tail: () => [...tail],
    kill: () => {
      if (!hasEnded()) signalGroup(pid, 'SIGKILL');
    },
    stop: async (graceMs = STOP_GRACE_MS) => {
      if (!hasEnded()) spawned.kill('SIGTERM');
      const timer = setTimeout(child.kill, graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
  killWithParent(child);
  return child;
}

/** How a process ended, for a log. */
export function describeExit(exit: Exit): string {
  return exit.signal === null ? `status ${exit.code}` : `signal ${exit.signal}`;
}

/** A parent that ends in any way it can still notice leaves no child behind. */
function killWithParent(child: Child): void {
  if (!killsAtExit) {
    killsAtExit = true;
    process.once('exit', () => {
      for (const one of living) one.kill();
    });
  }
  living.add(child);
  void child.exited.then(() => living.delete(child));
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended by itself.
  }
}
