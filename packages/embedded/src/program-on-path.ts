// Finds a program on PATH, and asks a program for its version.

import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { isExecutable } from './cache.ts';

const VERSION_TIMEOUT_MS = 10_000;

/** The full path of the program, or undefined when no directory of PATH has it. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    if (dir === '') continue;
    const path = join(dir, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** The first `number.number…` that `binary --version` prints. Throws when it does not run or prints none. */
export async function versionOf(binary: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(binary, ['--version'], {
    timeout: VERSION_TIMEOUT_MS,
    encoding: 'utf8',
  });
  const version = /(\d+\.\d+[^\s,]*)/.exec(stdout + stderr)?.[1];
  if (version === undefined) throw new Error(`${binary} --version names no version`);
  return version;
}

/** Finds a program on PATH that has at least this major and minor version. Throws with the reason when there is none. */
export async function requireOnPath(name: string, least: readonly [number, number]): Promise<string> {
  const path = await findOnPath(name);
  if (path === undefined) throw new Error('not on PATH');
  const version = await versionOf(path);
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major < least[0] || (major === least[0] && minor < least[1])) {
    throw new Error(`${path} is ${version}, older than ${least.join('.')}`);
  }
  return path;
}
