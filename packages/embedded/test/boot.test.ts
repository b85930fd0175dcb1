import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { program } from './program.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const waits = 'packages/embedded/test/fixtures/waits.mjs';

describe('boot.mjs', () => {
  test('runs the entry on the Node of the project, with its programs first on PATH', async () => {
    const boot = program('node', ['boot.mjs', waits], { cwd: root });
    const wanted = (
      JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { devDependencies: { node: string } }
    ).devDependencies.node;
    expect(await boot.line(/^runs on/)).toBe(`runs on v${wanted} with ${root}node_modules/.bin`);
    boot.signal('SIGTERM');
    expect(await boot.ended).toBe(0);
  });

  test.for(['SIGTERM', 'SIGINT'] as const)(
    'hands %s on once, also when it comes twice, and ends with 0',
    async (name) => {
      const boot = program('node', ['boot.mjs', waits], { cwd: root });
      await boot.line(/^runs on/);
      boot.signal(name);
      boot.signal(name);
      expect(await boot.ended).toBe(0);
      expect(boot.lines.filter((line) => line === `told by ${name}`)).toHaveLength(1);
    },
  );

  test('ends with the status of the entry', async () => {
    const boot = program('node', ['boot.mjs', waits, '7'], { cwd: root });
    await boot.line(/^runs on/);
    boot.signal('SIGTERM');
    expect(await boot.ended).toBe(7);
  });
});
