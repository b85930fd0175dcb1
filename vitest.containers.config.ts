import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/containers/**/*.containers.ts'],
    globalSetup: [fileURLToPath(new URL('test/containers/require-docker.ts', import.meta.url))],
    pool: 'forks',
    fileParallelism: false,
    // An image may have to be built and two be pulled.
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
    reporters: ['verbose'],
  },
});
