// What makes the MongoDB of a container a replica set.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { initiateReplicaSet } from '../src/replica-set.ts';
import { ghostMongod } from './ghost-mongod.ts';

const SCRIPT = fileURLToPath(new URL('../src/initiate.ts', import.meta.url));

function initiate(url: string, ...args: string[]): Promise<{ status: number; said: string }> {
  const env = { ...process.env, EGG_MONGODB_URL: url };
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code) : 0, said: (stdout + stderr).trim() });
    });
  });
}

test('a server that can be written to is left as it is', async () => {
  expect(await initiate(inject('mongoUrl'), 'egg/mongo:27017')).toEqual({
    status: 0,
    said: 'the replica set egg can be written to',
  });
});

test('a server without a replica set gets one of itself alone, once, also where it refuses at first', async () => {
  const { url, initiated } = await ghostMongod({ refusals: 2 });
  expect(await initiate(url, 'egg/mongo:27017')).toMatchObject({ status: 0 });
  expect(initiated).toEqual([{ _id: 'egg', members: [{ _id: 0, host: 'mongo:27017' }] }]);
  expect(await initiate(url, 'egg/mongo:27017')).toMatchObject({ status: 0 });
  expect(initiated).toHaveLength(1);
});

test('it gives up with what stood in the way', async () => {
  const options = { name: 'egg', member: 'mongo:27017' };
  const { url } = await ghostMongod({ refusals: 1000 });
  const refused = initiateReplicaSet({ ...options, url, signal: AbortSignal.timeout(1000) });
  await expect(refused).rejects.toMatchObject({ cause: { codeName: 'NodeNotFound' } });
  const nobody = 'mongodb://127.0.0.1:1/?directConnection=true';
  const unreached = initiateReplicaSet({ ...options, url: nobody, signal: AbortSignal.timeout(1000) });
  await expect(unreached).rejects.toMatchObject({ cause: { name: 'MongooseServerSelectionError' } });
  expect(await initiate(nobody, 'egg')).toMatchObject({ status: 2 });
});
