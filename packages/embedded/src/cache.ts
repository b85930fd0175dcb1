// The cache of server binaries outside the clone: one directory a program, version and platform. A binary is got in a
// temporary directory beside it and put in place by a rename, under a lock, so that what stands in the cache is whole and two
// processes do not do the same work twice.

import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.ts';
import { tryLock } from './process-lock.ts';

/** A program in the version this project is tried with. */
export interface PinnedProgram {
  /** The name of its directory in the cache. */
  name: string;
  version: string;
  /** The file's name. */
  binary: string;
}

const LOCK_POLL_MS = 200;

/** Where binaries are kept: `EGG_CACHE_DIR`, else `~/.cache/egg`. */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const said = env['EGG_CACHE_DIR'];
  if (said !== undefined && said !== '') return said;
  return join(homedir(), '.cache', 'egg');
}

/** The binary's path in the cache, or undefined when it is not there. */
export async function findCached(cacheDir: string, program: PinnedProgram): Promise<string | undefined> {
  const path = cachePath(cacheDir, program);
  return (await isExecutable(path)) ? path : undefined;
}

/**
 * Gets a binary into the cache and returns its path there. `make` puts it together somewhere below the directory it is given
 * and returns where. Throws what `make` throws, and leaves nothing behind then.
 */
export async function addToCache(
  cacheDir: string,
  program: PinnedProgram,
  make: (dir: string) => Promise<string>,
  log: Log,
  signal?: AbortSignal,
): Promise<string> {
  await mkdir(cacheDir, { recursive: true });
  const key = cacheKey(program);
  const release = await waitForLock(join(cacheDir, `.${key}.lock`), program, log, signal);
  try {
    const cached = await findCached(cacheDir, program);
    if (cached !== undefined) return cached;
    await removeUnfinished(cacheDir, key);
    const work = await mkdtemp(join(cacheDir, `.${key}-`));
    try {
      const made = await make(work);
      const whole = join(work, '.whole');
      await mkdir(whole);
      await rename(made, join(whole, basename(cachePath(cacheDir, program))));
      await rm(join(cacheDir, key), { recursive: true, force: true });
      await rename(whole, join(cacheDir, key));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    return cachePath(cacheDir, program);
  } finally {
    release();
  }
}

/** Says whether there is a file at this path that may be run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function cacheKey(program: PinnedProgram): string {
  return `${program.name}-${program.version}-${process.platform}-${process.arch}`;
}

function cachePath(cacheDir: string, program: PinnedProgram): string {
  return join(cacheDir, cacheKey(program), program.binary);
}

async function waitForLock(path: string, program: PinnedProgram, log: Log, signal?: AbortSignal) {
  let said = false;
  for (;;) {
    signal?.throwIfAborted();
    const attempt = tryLock(path);
    if ('release' in attempt) return attempt.release;
    if (!said) {
      log(`waiting for process ${attempt.heldBy.pid}, which is getting ${program.name} ${program.version}`);
      said = true;
    }
    await delay(LOCK_POLL_MS, undefined, { signal });
  }
}

/** What a killed process had begun. Only who holds the lock may call it. */
async function removeUnfinished(cacheDir: string, key: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith(`.${key}-`)) await rm(join(cacheDir, name), { recursive: true, force: true });
  }
}
