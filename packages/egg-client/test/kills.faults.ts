// A host whose process is killed again and again while the lists change under it: it ends with exactly the server's lists.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { startOwnServers, startStack } from '@egg/testing';
import { command, enrolledDirectory, enrolmentToken } from './hosts.ts';
import { rowsOf, serverList, storedList } from './lists.ts';

const { mongo, nats } = await startOwnServers();
const stack = await startStack({
  eggs: 1,
  servers: { mongoUrl: mongo.url, natsUrl: nats.url },
  env: { EGG_CHECK_IN_SECONDS: '1' },
});
const { http } = stack;
const KILLS = 20;

test(
  'killed at random moments while the lists change, a host ends with exactly the lists of the server',
  { timeout: 90_000 },
  async () => {
    const token = await enrolmentToken(http, 'kills');
    const dir = await enrolledDirectory(token, 'killed', http.url);
    const seed = Array.from({ length: 4000 }, (_, index) => `0.0.0.0 seed${index}.example`).join('\n');
    await http.post('/domain/import?format=hosts', seed, { 'content-type': 'text/plain' });

    const ended = new AbortController();
    let writes = 0;
    const load = async (): Promise<void> => {
      const ids: number[] = [];
      while (!ended.signal.aborted) {
        const { body } = await http.post<{ id: number }>('/domain/add', { domain: `load${writes}.example` });
        ids.push(body.data.id);
        if (writes % 3 === 0) await http.post('/domain/delete', { id: ids.shift() });
        if (writes % 5 === 0) await http.post('/process/add', { process: `p${writes}.exe`, signature: '*' });
        if (writes % 150 === 149) {
          const text = Array.from({ length: 1500 }, (_, index) => `bulk${writes}-${index}.example`).join(
            '\n',
          );
          await http.post('/domain/import?source=bulk&mode=replace', text, { 'content-type': 'text/plain' });
        }
        writes++;
      }
    };
    const loading = load();

    const found = new Set<number>();
    for (let kill = 0; kill < KILLS; kill++) {
      const run = command('run', '--dir', dir);
      // Every other time it has begun to follow by then.
      if (kill % 2 === 1)
        await vi.waitFor(() => expect(run.output()).toContain('domains at'), { timeout: 10_000 });
      await delay(Math.random() * 1300);
      run.process.kill('SIGKILL');
      expect(await run.ended).toBe('SIGKILL');
      const left = await storedList(dir, 'domain');
      // Whatever a kill interrupts, the host is never protected less than before.
      expect(left.revision()).toBeGreaterThanOrEqual(Math.max(0, ...found));
      found.add(left.revision());
      if (kill % 5 === 4) expect(rowsOf(left)).toEqual(await serverList(http, 'domain', left.revision()));
    }
    ended.abort();
    await loading;
    expect(writes).toBeGreaterThan(100);
    // It went on while it was killed, or nothing was tried.
    expect(found.size).toBeGreaterThan(5);

    const last = command('run', '--dir', dir);
    await vi.waitFor(
      async () => {
        expect(rowsOf(await storedList(dir, 'domain'))).toEqual(await serverList(http, 'domain'));
        expect(rowsOf(await storedList(dir, 'process'))).toEqual(await serverList(http, 'process'));
      },
      { timeout: 15_000, interval: 200 },
    );
    last.process.kill('SIGTERM');
    expect(await last.ended).toBe(0);
  },
);
