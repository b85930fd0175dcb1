// The health check that containers run, against a real server.

import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Seen, serve } from './echo.ts';

const SCRIPT = fileURLToPath(new URL('../src/health-check.ts', import.meta.url));

interface Ended {
  readonly status: number;
  readonly said: string;
}

function check(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], (error, _stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, said: stderr.trim() });
    });
  });
}

test('it ends with 0 while the server serves, and with 1 while it says that it does not', async () => {
  const server = await serve(new Seen());
  onTestFinished(() => server.stop());
  const address = `127.0.0.1:${server.port}`;
  expect(await check(address)).toEqual({ status: 0, said: '' });
  server.setServing(false);
  expect(await check(address)).toEqual({ status: 1, said: 'not serving' });
  server.setServing(true);
  expect(await check(address)).toEqual({ status: 0, said: '' });
});

test('it ends with 1 and says why where nobody listens, where nobody answers, and where it is told no address', async () => {
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void mute.close());
  const { port } = mute.address() as AddressInfo;
  expect(await check(`127.0.0.1:${port}`)).toEqual({ status: 1, said: 'no answer in time' });
  expect(await check('127.0.0.1:1')).toMatchObject({
    status: 1,
    said: expect.stringMatching('ECONNREFUSED'),
  });
  expect(await check()).toMatchObject({ status: 1, said: expect.stringMatching('usage') });
});
