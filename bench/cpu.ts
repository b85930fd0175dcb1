// How much CPU other processes have used, as Linux tells it.

import { readFileSync } from 'node:fs';

/** Of the kernel's clock in `/proc`: the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process has used, in user and kernel mode; undefined where there is no `/proc` or no such process. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the program's name, may have blanks and brackets in it. Source: proc(5), `utime`, `stime`.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}
