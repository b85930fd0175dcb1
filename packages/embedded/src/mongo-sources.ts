// Where a MongoDB comes from, best first: a real mongod where one can be had, else secantusd-rs, which is WiredTiger behind
// MongoDB's wire protocol and can be built wherever there are cargo, cmake and a C compiler.

import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** The two do not read each other's files: data that one has written needs the same one again. */
export type MongoKind = 'mongod' | 'secantusd-rs';

const MONGOD: PinnedProgram = { name: 'mongod', version: '8.2.6', binary: 'mongod' };
const SECANTUS: PinnedProgram = {
  name: 'secantusd-rs',
  version: '0.5.3-beta.196',
  binary: 'secantusd-rs',
};

export interface ObtainMongoOptions {
  cacheDir?: string;
  /** A server that runs already; default `EGG_MONGODB_URL`. */
  url?: string | undefined;
  /** Take no other than this kind. */
  kind?: MongoKind | undefined;
  signal?: AbortSignal | undefined;
}

/** Gets a MongoDB by the first source that works: the URL of one that runs, or a binary for `startMongo`. */
export function obtainMongo(log: Log, options: ObtainMongoOptions = {}): Promise<Obtained> {
  const sources = mongoSources('url' in options ? options.url : process.env['EGG_MONGODB_URL']);
  const wanted = sources.filter(({ kind }) => kind === undefined || (options.kind ?? kind) === kind);
  return obtainFirst('MongoDB', wanted, {
    cacheDir: options.cacheDir ?? defaultCacheDir(),
    log,
    signal: options.signal,
  });
}

/** Which of the two a binary is, by its name. */
export function mongoKindOf(binary: string): MongoKind {
  return basename(binary).startsWith('secantusd') ? 'secantusd-rs' : 'mongod';
}

function mongoSources(url: string | undefined): (Source & { kind?: MongoKind })[] {
  return [
    ...fromUrl('EGG_MONGODB_URL', url),
    { ...fromCache(MONGOD), kind: 'mongod' },
    { ...fromCache(SECANTUS), kind: 'secantusd-rs' },
    {
      name: 'mongod on PATH',
      kind: 'mongod',
      obtain: async () => ({ binary: await requireOnPath('mongod', [6, 0]) }),
    },
    { ...made('download', MONGOD, downloadMongod), kind: 'mongod' },
    { ...made('cargo install', SECANTUS, buildSecantus), kind: 'secantusd-rs' },
  ];
}

/** A process of its own, because the downloader writes to the terminal and cannot be stopped. */
async function downloadMongod(dir: string, { log, signal }: ObtainContext): Promise<string> {
  const script = fileURLToPath(new URL('download-mongod.ts', import.meta.url));
  const lines = await runBuildStep({
    what: `downloading mongod ${MONGOD.version}`,
    command: process.execPath,
    args: [script, MONGOD.version, dir],
    stage: (line) => /\d[\d.]*% .*\)/.exec(line)?.[0],
    log,
    signal,
  });
  return lines.at(-1) ?? '';
}

async function buildSecantus(dir: string, { log, signal }: ObtainContext): Promise<string> {
  for (const tool of ['cargo', 'cmake']) {
    if ((await findOnPath(tool)) === undefined) throw new Error(`needs ${tool}, which is not on PATH`);
  }
  log(`building secantusd-rs ${SECANTUS.version} from source: some minutes, once`);
  await runBuildStep({
    what: `building secantusd-rs ${SECANTUS.version}`,
    command: 'cargo',
    args: [
      'install',
      'secantus-mdb',
      '--version',
      SECANTUS.version,
      '--ignore-rust-version',
      '--root',
      dir,
      '--color',
      'never',
    ],
    // Without link-time optimisation it builds in a third of the time, and this workload does not notice.
    env: {
      ...process.env,
      CARGO_PROFILE_RELEASE_LTO: 'off',
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
      CARGO_TARGET_DIR: join(dir, 'target'),
      CARGO_TERM_PROGRESS_WHEN: 'never',
    },
    stage: (line) => /^\s+(Updating|Download\w+|Compiling|Finished|Installing) .*/.exec(line)?.[0].trim(),
    log,
    signal,
  });
  return join(dir, 'bin', 'secantusd-rs');
}
