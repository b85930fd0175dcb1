// The servers as containers, where a Docker daemon answers and has their images. Nothing is pulled here: a run of the tests is not
// to wait for a download or for a network that is not there, and the embedded servers are at hand.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { initiateReplicaSet } from '../../store/src/replica-set.ts';

export interface Containers {
  readonly mongoUrl: string;
  readonly natsUrl: string;
  stop(): Promise<void>;
}

type Log = (line: string) => void;

/** What the daemon is asked has to be known at once. */
const ASK_MS = 2000;
/** Also bounds what the library may pull by itself, which sweeps up after a run that was killed. */
const START_MS = 30_000;

const run = promisify(execFile);

/** The images of the servers; docker-compose.yml names the same. */
export function serverImages(): { readonly mongo: string; readonly nats: string } {
  const { EGG_MONGODB_IMAGE, EGG_NATS_IMAGE } = process.env;
  return { mongo: EGG_MONGODB_IMAGE || 'mongo:8', nats: EGG_NATS_IMAGE || 'nats:2-alpine' };
}

/** Starts both, or says in the log why not and answers with undefined. It says nothing where there is no Docker at all. */
export async function startContainers(log: Log): Promise<Containers | undefined> {
  if (!(await daemonAnswers())) return undefined;
  const images = serverImages();
  for (const image of [images.mongo, images.nats]) {
    if (await hasImage(image)) continue;
    log(`no containers: the Docker daemon has no ${image}; docker pull ${image} would bring it`);
    return undefined;
  }
  const started: StartedTestContainer[] = [];
  const signal = AbortSignal.timeout(START_MS);
  try {
    return await within(signal, startBoth(images, started, signal));
  } catch (error) {
    log(`no containers: ${error instanceof Error ? error.message : String(error)}`);
    await stopAll(started);
    return undefined;
  }
}

/** Asked of the client, which gives up at once where there is no daemon; the library would look for one for long. */
export function daemonAnswers(): Promise<boolean> {
  return docker('version', '--format', '{{.Server.Version}}');
}

/** Whether the daemon has the image already. */
export function hasImage(image: string): Promise<boolean> {
  return docker('image', 'inspect', '--format', '{{.Id}}', image);
}

/** Whether the command succeeds in time. */
async function docker(...args: string[]): Promise<boolean> {
  try {
    await run('docker', args, { timeout: ASK_MS, killSignal: 'SIGKILL' });
    return true;
  } catch {
    return false;
  }
}

async function startBoth(
  images: ReturnType<typeof serverImages>,
  started: StartedTestContainer[],
  signal: AbortSignal,
): Promise<Containers> {
  const start = async (container: GenericContainer): Promise<StartedTestContainer> => {
    const one = await container.withWaitStrategy(Wait.forListeningPorts()).start();
    started.push(one);
    // Nobody waits any more for what came too late.
    if (signal.aborted) await one.stop();
    return one;
  };
  const both = [
    start(
      new GenericContainer(images.mongo)
        .withCommand(['mongod', '--replSet', 'egg', '--bind_ip_all'])
        .withExposedPorts(27017),
    ),
    start(new GenericContainer(images.nats).withCommand(['-js']).withExposedPorts(4222)),
  ] as const;
  // Where one fails the other has to be there, so that it can be stopped.
  await Promise.allSettled(both);
  const [mongo, nats] = await Promise.all(both);
  const mongoUrl = `mongodb://${mongo.getHost()}:${mongo.getMappedPort(27017)}/?directConnection=true`;
  await initiateReplicaSet({ url: mongoUrl, name: 'egg', member: '127.0.0.1:27017', signal });
  return {
    mongoUrl,
    natsUrl: `nats://${nats.getHost()}:${nats.getMappedPort(4222)}`,
    stop: () => stopAll(started),
  };
}

async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`not started within ${START_MS} ms`)));
  });
  return Promise.race([work, late]);
}

async function stopAll(started: readonly StartedTestContainer[]): Promise<void> {
  await Promise.all(started.map((container) => container.stop()));
}
