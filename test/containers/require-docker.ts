// These tests are about containers: without a Docker daemon they fail, and say so, before anything else is tried. The servers' images
// are pulled where the daemon has them not, in sight, because that can take minutes.

import { spawnSync } from 'node:child_process';
import { daemonAnswers, hasImage, serverImages } from '../../packages/testing/src/containers.ts';

/** For vitest. Throws where there is no daemon, and where an image cannot be had. */
export default async function requireDocker(): Promise<void> {
  if (!(await daemonAnswers())) {
    const where = process.env['DOCKER_HOST'] ?? 'its usual address';
    throw new Error(`test:containers needs a Docker daemon, and none answers \`docker version\` at ${where}`);
  }
  for (const image of Object.values(serverImages())) {
    if (await hasImage(image)) continue;
    const { status } = spawnSync('docker', ['pull', image], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`test:containers needs the image ${image}, and it cannot be pulled`);
  }
}
