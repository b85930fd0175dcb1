// A lock file that says which process holds it, so that a lock whose holder was killed is known to be free.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

export type LockAttempt = { release: () => void } | { heldBy: ProcessIdentity };

/** Takes the lock at this path if no living process holds it. Its directory must exist. */
export function tryLock(path: string): LockAttempt {
  const me = identify(process.pid);
  const mine = `${path}.${process.pid}`;
  // The link puts name and content there in one step: nobody sees a lock without its holder.
  writeFileSync(mine, JSON.stringify(me));
  try {
    for (;;) {
      if (tryLink(mine, path)) return { release: () => rmSync(path, { force: true }) };
      const found = readText(path);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder !== undefined && isAlive(holder)) return { heldBy: holder };
      removeStale(path, found);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves the dead lock away rather than deleting it: what was moved is looked at, and put back if another was faster. */
function removeStale(path: string, stale: string): void {
  const moved = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, moved);
  } catch {
    return;
  }
  if (readText(moved) !== stale) tryLink(moved, path);
  rmSync(moved, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
