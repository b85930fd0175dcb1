// The data directory belongs to one supervisor at a time. It also remembers which processes were started over it, so that
// those of a supervisor that was killed are ended before new ones use the same files and ports.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from './log.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { tryLock } from './process-lock.ts';
import { until } from './until.ts';

const STOP_MS = 10_000;

interface RecordedProcess extends ProcessIdentity {
  name: string;
}

/** The directory is another supervisor's. */
export class DataDirInUseError extends Error {}

export interface DataDir {
  path: string;
  /** Remembers a process that was started, until it is forgotten. */
  remember(name: string, pid: number): void;
  forget(pid: number): void;
  /** Gives the directory up. Nothing that was started over it may be running. */
  release(): void;
}

/** Takes the directory, making it when missing. Throws a DataDirInUseError when a living supervisor has it. */
export function takeDataDir(path: string): DataDir {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const attempt = tryLock(join(path, 'supervisor.lock'));
  if ('heldBy' in attempt) {
    throw new DataDirInUseError(
      `the data directory ${path} is in use by process ${attempt.heldBy.pid}: end that one, or set EGG_DATA_DIR to another`,
    );
  }
  const file = join(path, 'processes.json');
  let recorded = readRecorded(file);
  // By the order of their first start: one that was started again keeps its place, since others depend on it still.
  const places = new Map<string, number>();
  const write = (): void => {
    writeFileSync(`${file}.new`, JSON.stringify(recorded));
    renameSync(`${file}.new`, file);
  };
  return {
    path,
    remember: (name, pid) => {
      places.set(name, places.get(name) ?? places.size);
      recorded.push({ name, ...(identify(pid) ?? { pid, startedAt: undefined }) });
      recorded.sort((a, b) => (places.get(a.name) ?? 0) - (places.get(b.name) ?? 0));
      write();
    },
    forget: (pid) => {
      recorded = recorded.filter((one) => one.pid !== pid);
      write();
    },
    release: () => {
      rmSync(file, { force: true });
      attempt.release();
    },
  };
}

/** Ends what an earlier supervisor left running over this directory: in the reverse order of the first start, as a stop would. */
export async function endLeftProcesses(dir: DataDir, log: Log): Promise<void> {
  const left = readRecorded(join(dir.path, 'processes.json'));
  for (const one of left.reverse()) {
    if (isAlive(one)) {
      log(`ending ${one.name} (process ${one.pid}), left running by a supervisor that was killed`);
      await end(one);
    }
    dir.forget(one.pid);
  }
}

async function end(one: ProcessIdentity): Promise<void> {
  const isGone = (): Promise<boolean> => Promise.resolve(!isAlive(one));
  send(one.pid, 'SIGTERM');
  try {
    await until(isGone, AbortSignal.timeout(STOP_MS));
  } catch {
    send(one.pid, 'SIGKILL');
    await until(isGone, AbortSignal.timeout(STOP_MS));
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

function readRecorded(file: string): RecordedProcess[] {
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RecordedProcess[];
  } catch {
    return [];
  }
}
