import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDir } from '../test/temporary.ts';
import { tryLock } from './process-lock.ts';

test('a lock is held by one process, which is named, until it is released', async () => {
  const dir = await temporaryDir();
  const path = join(dir, 'lock');
  const first = tryLock(path);
  expect(tryLock(path)).toMatchObject({ heldBy: { pid: process.pid } });
  if ('release' in first) first.release();
  expect(await readdir(dir)).toEqual([]);
  expect(tryLock(path)).toHaveProperty('release');
});

test.for(['', '{"pid":', '{"pid":999999999,"startedAt":"x"}', `{"pid":${process.pid},"startedAt":"x"}`])(
  'a lock of no living process is free: %s',
  async (content) => {
    const dir = await temporaryDir();
    const path = join(dir, 'lock');
    await writeFile(path, content);
    expect(tryLock(path)).toHaveProperty('release');
    expect(await readdir(dir)).toEqual(['lock']);
  },
);
