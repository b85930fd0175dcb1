// A server can come from several places. A list of sources is tried in order, and the first that works is taken.

import { chmod } from 'node:fs/promises';
import { addToCache, findCached, type PinnedProgram } from './cache.ts';
import { type Log, reasonOf } from './log.ts';
import { versionOf } from './program-on-path.ts';

/** A server that runs already, or a binary to start one with. */
export type Obtained = { url: string } | { binary: string };

export interface ObtainContext {
  cacheDir: string;
  log: Log;
  signal?: AbortSignal | undefined;
}

export interface Source {
  /** What the log calls it. */
  name: string;
  /** Set where it is no news that the source has nothing. */
  mayBeEmpty?: true;
  /** Returns the server, or throws with the reason why it is not to be had from here. */
  obtain: (context: ObtainContext) => Promise<Obtained>;
}

/** Takes the first source that works and says so. Throws with the reasons of all when none does. */
export async function obtainFirst(
  what: string,
  sources: readonly Source[],
  context: ObtainContext,
): Promise<Obtained> {
  const reasons: string[] = [];
  for (const source of sources) {
    try {
      const obtained = await source.obtain(context);
      context.log(`${what}: ${source.name}${'binary' in obtained ? ` (${obtained.binary})` : ''}`);
      return obtained;
    } catch (error) {
      context.signal?.throwIfAborted();
      const reason = `${source.name}: ${reasonOf(error)}`;
      reasons.push(reason);
      if (source.mayBeEmpty !== true) context.log(`${what}: not by ${reason}`);
    }
  }
  throw new Error(`${what}: no source works\n${reasons.map((reason) => `  ${reason}`).join('\n')}`);
}

/** The server that a variable names: no source at all where it is not set. */
export function fromUrl(variable: string, url: string | undefined): Source[] {
  return url ? [{ name: `the server of ${variable}`, obtain: () => Promise.resolve({ url }) }] : [];
}

/** A binary that was got before. */
export function fromCache(program: PinnedProgram): Source {
  return {
    name: `${program.name} ${program.version} from the cache`,
    mayBeEmpty: true,
    obtain: async ({ cacheDir }) => {
      const binary = await findCached(cacheDir, program);
      if (binary === undefined) throw new Error('not there yet');
      return { binary };
    },
  };
}

/** A binary that is downloaded or built into the cache; it counts only when it runs. */
export function made(
  how: string,
  program: PinnedProgram,
  make: (dir: string, context: ObtainContext) => Promise<string>,
): Source {
  return {
    name: `${program.name} ${program.version} by ${how}`,
    obtain: async (context) => {
      const checked = async (dir: string): Promise<string> => {
        const binary = await make(dir, context);
        // What comes out of a zip has lost its mode.
        await chmod(binary, 0o755);
        await versionOf(binary);
        return binary;
      };
      return { binary: await addToCache(context.cacheDir, program, checked, context.log, context.signal) };
    },
  };
}
