// Brings up one MongoDB and one NATS server for a whole run of the tests: those of EGG_MONGODB_URL and EGG_NATS_URL, or containers
// where a Docker daemon answers and has the images, or the embedded servers. Every test file has a database and streams of its own.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort, obtainMongo, obtainNats, startMongo, startNats } from '@egg/embedded';
import { startContainers } from './containers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mongoUrl: string;
    natsUrl: string;
  }
}

/** For vitest: starts the servers, and answers with how to end them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const { EGG_MONGODB_URL: mongoUrl, EGG_NATS_URL: natsUrl } = process.env;
  const containers = mongoUrl && natsUrl ? undefined : await startContainers(log);
  const ends: (() => Promise<void>)[] = containers ? [() => containers.stop()] : [];
  const dir = await mkdtemp(join(tmpdir(), 'egg-test-'));
  ends.push(() => rm(dir, { recursive: true, force: true }));

  const start = async (
    obtained: Awaited<ReturnType<typeof obtainMongo>>,
    starts: typeof startMongo,
    name: string,
  ): Promise<string> => {
    if ('url' in obtained) return obtained.url;
    const server = await starts({
      binary: obtained.binary,
      dir: join(dir, name),
      port: await freePort(),
      log,
    });
    ends.unshift(() => server.stop());
    return server.url;
  };
  project.provide(
    'mongoUrl',
    mongoUrl ?? containers?.mongoUrl ?? (await start(await obtainMongo(log), startMongo, 'mongodb')),
  );
  project.provide(
    'natsUrl',
    natsUrl ?? containers?.natsUrl ?? (await start(await obtainNats(log), startNats, 'nats')),
  );
  return async () => {
    for (const end of ends) await end();
  };
}
