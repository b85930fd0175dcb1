// How the embedded MongoDB is started, for both kinds of it, and when it serves: when it says of itself that it can be written to.

import { mkdirSync } from 'node:fs';
import type { BsonDocument } from './bson.ts';
import { mongoKindOf } from './mongo-sources.ts';
import { mongoCommand } from './mongo-wire.ts';
import type { ProcessSpec } from './process-spec.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';
import { until } from './until.ts';

const REPLICA_SET = 'egg';
/** How long a mongod may take to elect itself before its configuration is taken to be for another address. */
const ELECTION_MS = 5000;

/** Where a client reaches the embedded MongoDB on this port. */
export function mongoUrl(port: number): string {
  return `mongodb://127.0.0.1:${port}/?directConnection=true`;
}

/** Starts a MongoDB over a directory, on loopback only, and resolves when it answers and can be written to. */
export async function startMongo(options: ServerOptions): Promise<RunningServer> {
  return startServer(mongoSpec(options), mongoUrl(options.port), options.log);
}

/** Describes the process of a MongoDB, and makes its directory. */
export function mongoSpec({ binary, dir, port }: Omit<ServerOptions, 'log'>): ProcessSpec {
  mkdirSync(dir, { recursive: true });
  const kind = mongoKindOf(binary);
  return {
    name: 'mongodb',
    command: binary,
    args: kind === 'mongod' ? mongodFlags(dir, port) : secantusFlags(dir, port),
    // secantusd-rs looks for a configuration file where it is started.
    cwd: dir,
    saysReady: false,
    probe: (signal) => (kind === 'mongod' ? primary(port, signal) : writable(port, signal)),
    // A real mongod logs each step as JSON, in hundreds of lines; "E" and "F" are its errors.
    isNoise: (line) => line.startsWith('{"t":') && !/"s":"[EF]"/.test(line),
  };
}

/** Without `--sync-on-commit` a kill loses writes that were answered. */
function secantusFlags(dir: string, port: number): string[] {
  return [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--storage-path',
    dir,
    '--sync-on-commit',
    '--log-level',
    'WARNING',
  ];
}

/** A replica set of one, because majority reads and change streams are to be had on no other. */
function mongodFlags(dir: string, port: number): string[] {
  return [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--dbpath',
    dir,
    '--replSet',
    REPLICA_SET,
    // By default it waits 15 s at its end for other members to take over.
    '--setParameter',
    'shutdownTimeoutMillisForSignaledShutdown=1000',
  ];
}

async function isWritable(port: number): Promise<boolean> {
  const hello = await mongoCommand(port, { hello: 1 });
  return hello['ok'] === 1 && hello['isWritablePrimary'] === true;
}

function writable(port: number, signal: AbortSignal): Promise<void> {
  return until(() => isWritable(port), signal);
}

/** Makes the replica set at the first start, and moves it to this port when it was made on another. */
async function primary(port: number, signal: AbortSignal): Promise<void> {
  await until(async () => (await mongoCommand(port, { hello: 1 }))['ok'] === 1, signal);
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
  await mongoCommand(port, { replSetInitiate: { _id: REPLICA_SET, members } });
  try {
    await writable(port, AbortSignal.any([signal, AbortSignal.timeout(ELECTION_MS)]));
    return;
  } catch {
    signal.throwIfAborted();
  }
  const { config } = await mongoCommand(port, { replSetGetConfig: 1 });
  const version = Number((config as BsonDocument | undefined)?.['version'] ?? 0) + 1;
  await mongoCommand(port, { replSetReconfig: { _id: REPLICA_SET, version, members }, force: true });
  await writable(port, signal);
}
