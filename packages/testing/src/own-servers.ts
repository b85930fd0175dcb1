// A MongoDB and a NATS server for one file's tests alone, so that they can be killed and started again over what they have.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  freePort,
  mongoUrl,
  natsUrl,
  obtainMongo,
  obtainNats,
  type RunningServer,
  type ServerOptions,
  startMongo,
  startNats,
} from '@egg/embedded';

export interface OwnServer {
  readonly url: string;
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again over the same directory, at the same port. Resolves when it serves. */
  start(): Promise<void>;
}

export interface OwnServers {
  readonly mongo: OwnServer;
  readonly nats: OwnServer;
}

/** Starts both; they and their directories are gone when the file's tests are over. */
export async function startOwnServers(): Promise<OwnServers> {
  const dir = await mkdtemp(join(tmpdir(), 'egg-own-'));
  const running: (() => Promise<void>)[] = [];
  afterAll(async () => {
    await Promise.all(running.map((stop) => stop()));
    await rm(dir, { recursive: true, force: true });
  });
  const log = (): void => undefined;
  // What the environment names is for all tests, and nobody's to kill.
  const mongo = await obtainMongo(log, { url: undefined });
  const nats = await obtainNats(log, { url: undefined });
  if (!('binary' in mongo) || !('binary' in nats)) throw new Error('these tests need servers of their own');
  const own = async (
    starts: (options: ServerOptions) => Promise<RunningServer>,
    urlOf: (port: number) => string,
    rest: { binary: string; dir: string },
  ): Promise<OwnServer> => {
    const port = await freePort();
    let server = await starts({ ...rest, port, log });
    running.push(() => server.stop());
    return {
      url: urlOf(port),
      kill: async () => {
        process.kill(server.pid, 'SIGKILL');
        await server.exited;
      },
      start: async () => {
        server = await starts({ ...rest, port, log });
      },
    };
  };
  return {
    mongo: await own(startMongo, mongoUrl, { binary: mongo.binary, dir: join(dir, 'mongodb') }),
    nats: await own(startNats, natsUrl, { binary: nats.binary, dir: join(dir, 'nats') }),
  };
}
