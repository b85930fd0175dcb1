import { defineConfig } from 'vitest/config';
import { WholeSystemFirst } from './packages/testing/src/whole-system-first.ts';

export default defineConfig({
  test: {
    include: [
      '{packages,services}/*/{src,test}/**/*.test.ts',
      'gateway/{src,test}/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    globalSetup: ['packages/testing/src/global-setup.ts'],
    pool: 'forks',
    // What the files import takes longer to load than most of them take to run. Each has its own database and streams anyway.
    isolate: false,
    // Much of the time is waited for: with one more than a small machine has processors, another works meanwhile.
    maxWorkers: 3,
    sequence: { sequencer: WholeSystemFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // For what has to become so and has no time of its own to keep: long enough for a machine that does much else.
    expect: { poll: { timeout: 20_000, interval: 20 } },
  },
});
