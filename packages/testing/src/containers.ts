// The servers as containers, where a Docker daemon answers and has the images. Any failure means that there are none.

import { GenericContainer, Wait } from 'testcontainers';
import { execFileSync } from 'node:child_process';

export interface Containers {
  readonly mongoUrl: string;
  readonly natsUrl: string;
  stop(): Promise<void>;
}

const { EGG_MONGODB_IMAGE = 'mongo:8', EGG_NATS_IMAGE = 'nats:2.11-alpine' } = process.env;

/** Undefined where there is no Docker daemon or it has not both images and cannot get them. */
export async function startContainers(log: (line: string) => void): Promise<Containers | undefined> {
  if (!daemonAnswers()) return undefined;
  try {
    const nats = await new GenericContainer(EGG_NATS_IMAGE)
      .withCommand(['-js'])
      .withExposedPorts(4222)
      .start();
    const mongo = await new GenericContainer(EGG_MONGODB_IMAGE)
      .withCommand(['--replSet', 'egg', '--bind_ip_all'])
      .withExposedPorts(27017)
      .withWaitStrategy(Wait.forLogMessage(/Waiting for connections/))
      .start();
    await mongo.exec(['mongosh', '--quiet', '--eval', 'rs.initiate()']);
    return {
      mongoUrl: `mongodb://${mongo.getHost()}:${mongo.getMappedPort(27017)}/?directConnection=true`,
      natsUrl: `nats://${nats.getHost()}:${nats.getMappedPort(4222)}`,
      stop: async () => {
        await mongo.stop();
        await nats.stop();
      },
    };
  } catch (error) {
    log(`no containers: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Asked of the client, which gives up at once where there is no daemon; the library would look for one for long. */
function daemonAnswers(): boolean {
  try {
    execFileSync('docker', ['info', '--format', '{{.ServerVersion}}'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 3000,
    });
    return true;
  } catch {
    return false;
  }
}
