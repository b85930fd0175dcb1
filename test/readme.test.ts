// The README's tour, run line by line against a fresh system: each command as a reader would type it, each answer as it is shown.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { startStack } from '@egg/testing';

const run = promisify(execFile);
/** A thousand hosts enrol and are brought to a version, and back from another, on a machine that does much else. */
const LIMIT_MS = 300_000;
const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const stack = await startStack({ eggs: 1, tasks: 1 });
/** A reader stands in the clone, and has the server at the port that is the default. */
const simulate = `${process.execPath} ${join(import.meta.dirname, '../packages/simulator/src/main.ts')} --server ${stack.http.url}`;
/** Where the test's files come to be. */
const dir = mkdtempSync(join(tmpdir(), 'egg-tour-'));
afterAll(() => rmSync(dir, { recursive: true }));

interface Step {
  readonly command: string;
  readonly answer: string;
}

/** The commands of all `console` blocks with the answers under them. */
function tour(text: string): Step[] {
  const blocks = [...text.matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [command = '', ...answer] = step.trimEnd().split('\n');
        return { command, answer: answer.join('\n') };
      }),
  );
}

/** `…` stands for anything. */
function pattern(answer: string): RegExp {
  const parts = answer.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

test(
  'the tour answers what the README shows',
  async () => {
    const steps = tour(readme);
    expect(steps.length).toBeGreaterThan(10);
    for (const { command, answer } of steps) {
      const local = command
        .replaceAll('127.0.0.1:8080', new URL(stack.http.url).host)
        .replaceAll('npm run -s simulate --', simulate);
      const { stdout } = await run('bash', ['-c', local], { cwd: dir });
      expect(stdout.trimEnd(), command).toMatch(pattern(answer));
    }
  },
  LIMIT_MS,
);
