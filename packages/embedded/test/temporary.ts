// A directory for one test, removed when it is over.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'egg-embedded-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
