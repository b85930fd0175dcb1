// The system of docker-compose.yml over Testcontainers, as an operator would bring it up: the image is built where EGG_IMAGE names
// none, and EGG_BASE_IMAGE, EGG_MONGODB_IMAGE and EGG_NATS_IMAGE say from what.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DockerComposeEnvironment, type StartedTestContainer } from 'testcontainers';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

export interface Composed {
  readonly token: string;
  /** Where the gateway is published now. */
  url(): string;
  /** Kills one container's process and starts it again. Resolves when it is healthy. */
  restart(service: string): Promise<void>;
  /** Takes all of it away, the data too. */
  down(): Promise<void>;
}

/** Brings it up, under a name and at a port that nobody else has. Resolves when every container is healthy. */
export async function composeUp(): Promise<Composed> {
  const token = randomBytes(24).toString('base64url');
  const project = `egg-test-${randomBytes(4).toString('hex')}`;
  const environment = new DockerComposeEnvironment(ROOT, 'docker-compose.yml')
    .withProjectName(project)
    .withEnvironment({ EGG_ADMIN_TOKEN: token, EGG_PUBLISH: '127.0.0.1:0' })
    .withClientOptions((await isPlugin()) ? {} : { executable: { standalone: true } });
  if (!process.env['EGG_IMAGE']) environment.withBuild();
  const started = await environment.up();
  const container = (service: string): StartedTestContainer => {
    // The first is how `docker compose` names it, the second how docker-compose 1.29 did.
    const names = [`${service}-1`, `${project}_${service}_1`];
    for (const name of names) {
      try {
        return started.getContainer(name);
      } catch {
        continue;
      }
    }
    throw new Error(`no container ${names.join(' or ')}`);
  };
  return {
    token,
    url: () => `http://127.0.0.1:${container('gateway').getMappedPort(8080)}`,
    restart: (service) => container(service).restart({ timeout: 0 }),
    down: async () => {
      await started.down();
    },
  };
}

/** Whether compose is a part of the docker client, or a program of its own. */
async function isPlugin(): Promise<boolean> {
  try {
    await run('docker', ['compose', 'version']);
    return true;
  } catch {
    return false;
  }
}
