// Tells one process from another that later got the same pid, by the time it started at. What is remembered in a file over
// the death of its writer needs this: a pid alone is given out again.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** When it started, in the words of the operating system; undefined where that cannot be known. */
  startedAt: string | undefined;
}

/** Returns who has this pid now, or undefined when no living process has it. A zombie is not living. */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!answersSignals(pid)) return undefined;
  if (process.platform === 'linux') return identifyByProc(pid);
  try {
    const startedAt = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return startedAt === '' ? undefined : { pid, startedAt };
  } catch {
    return { pid, startedAt: undefined };
  }
}

/** Says whether the very process that was once identified still lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  if (now === undefined) return false;
  return (
    now.startedAt === undefined || identity.startedAt === undefined || now.startedAt === identity.startedAt
  );
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The ticks count from the boot, so the boot is part of the identity: a data directory outlives it. */
function identifyByProc(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold anything; the third, the state, comes after the last ")".
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { pid, startedAt: `${boot}:${fields[19]}` };
  } catch {
    return undefined;
  }
}
