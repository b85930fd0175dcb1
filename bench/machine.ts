// On what the figures were taken: without it they say nothing to anybody else.

import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { basename, dirname } from 'node:path';
import { readFileSync, readlinkSync } from 'node:fs';
import mongoose from 'mongoose';
import type { Stack } from './stack.ts';

/** Machine and versions, in a few lines. */
export function describeMachine({ mongo, nats }: Stack): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const driver = createRequire(createRequire(import.meta.url).resolve('mongoose'))(
    'mongodb/package.json',
  ) as {
    version: string;
  };
  return [
    `machine: ${availableParallelism()} × ${cpu?.model ?? 'unknown CPU'}, ${memory} GiB, ${process.platform} ${process.arch}, ` +
      `load ${loadavg()[0]?.toFixed(1)}`,
    `versions: Node ${process.versions.node}, mongoose ${mongoose.version}, driver ${driver.version}, ` +
      `MongoDB by ${programOf(mongo.pid)}, NATS by ${programOf(nats.pid)}`,
    `database: one server on the same machine over ${fileSystem()}, every write acknowledged by a majority and on disk`,
  ].join('\n');
}

/** The cache keeps each program in a directory that says its version. */
function programOf(pid: number): string {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`);
    return `${basename(dirname(path))}/${basename(path)}`;
  } catch {
    return 'an unknown program';
  }
}

function fileSystem(): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '));
    const holds = mounts.filter(([, at = '']) => at === '/' || at === '/tmp');
    return holds.at(-1)?.[2] ?? 'an unknown file system';
  } catch {
    return 'an unknown file system';
  }
}
