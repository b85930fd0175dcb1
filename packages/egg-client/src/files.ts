// Files that are whole or not there, whenever the process is killed or the power is cut. Nobody but the owner can read them.

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts it, as JSON, in the place of what was there. */
export async function writeWhole(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600, flush: true });
  await moveTo(path, `${path}.new`);
}

/** Gives a file that was flushed its final name, for good. */
export async function moveTo(path: string, from: string): Promise<void> {
  await rename(from, path);
  if (process.platform === 'win32') return; // A directory cannot be opened there.
  const directory = await open(dirname(path));
  await directory.sync().finally(() => void directory.close());
}

/** The lines of a file that are JSON, as one is not that was cut off. None where there is no file. */
export async function readLines<T>(path: string): Promise<T[]> {
  const text = existsSync(path) ? await readFile(path, 'utf8') : '';
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as T];
    } catch {
      return [];
    }
  });
}

/** Makes a function that writes what `value` gives by then, one write at a time. */
export function saver(path: string, value: () => unknown): () => Promise<void> {
  const write = (): Promise<void> => writeWhole(path, value());
  let last: Promise<void> = Promise.resolve();
  return () => (last = last.then(write, write));
}
