import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDir } from '../test/temporary.ts';
import { addToCache, findCached } from './cache.ts';

const program = { name: 'tool', version: '1.2', binary: 'tool' };
const log = (): void => {};

async function makeTool(dir: string): Promise<string> {
  const path = join(dir, 'anything');
  await writeFile(path, '#!/bin/sh\n', { mode: 0o755 });
  return path;
}

describe('the cache', () => {
  test('keeps what was made, and makes it once', async () => {
    const dir = await temporaryDir();
    let count = 0;
    const make = (work: string): Promise<string> => {
      count += 1;
      return makeTool(work);
    };
    const lines: string[] = [];
    const both = [1, 2].map(() => addToCache(dir, program, make, (line) => lines.push(line)));
    const [one, other] = await Promise.all(both);
    expect(one).toBe(other);
    expect(count).toBe(1);
    expect(lines).toEqual([`waiting for process ${process.pid}, which is getting tool 1.2`]);
    expect(await findCached(dir, program)).toBe(one);
    expect(await readFile(String(one), 'utf8')).toBe('#!/bin/sh\n');
    expect(await readdir(dir)).toHaveLength(1);
  });

  test('has nothing when it could not be made, and leaves nothing behind', async () => {
    const dir = await temporaryDir();
    const fail = (): Promise<string> => Promise.reject(new Error('no network'));
    await expect(addToCache(dir, program, fail, log)).rejects.toThrow('no network');
    expect(await findCached(dir, program)).toBeUndefined();
    expect(await readdir(dir)).toEqual([]);
  });

  test('goes on after a process that was killed while it made it', async () => {
    const dir = await temporaryDir();
    const key = `tool-1.2-${process.platform}-${process.arch}`;
    await writeFile(
      join(dir, `.${key}.lock`),
      JSON.stringify({ pid: process.pid, startedAt: 'another time' }),
    );
    await writeFile(join(dir, `.${key}-begun`), '');
    await addToCache(dir, program, makeTool, log);
    expect(await readdir(dir)).toEqual([key]);
  });

  test('is not waited for after the wait was given up', async () => {
    const dir = await temporaryDir();
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<string>();
    const make = (): Promise<string> => {
      begun.resolve();
      return held.promise;
    };
    const holder = expect(addToCache(dir, program, make, log)).rejects.toThrow('over');
    const waiting = Promise.withResolvers<void>();
    const abort = new AbortController();
    await begun.promise;
    const waiter = addToCache(dir, program, makeTool, () => waiting.resolve(), abort.signal);
    await waiting.promise;
    abort.abort(new Error('told to stop'));
    await expect(waiter).rejects.toThrow();
    held.reject(new Error('over'));
    await holder;
  });
});
