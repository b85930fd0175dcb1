import { describe, expect, test } from 'vitest';
import { freePort } from '../src/free-port.ts';
import { startMongo } from '../src/mongo-server.ts';
import { obtainMongo } from '../src/mongo-sources.ts';
import { mongoCommand } from '../src/mongo-wire.ts';
import { startNats } from '../src/nats-server.ts';
import { obtainNats } from '../src/nats-sources.ts';
import { natsRequest } from '../src/nats-wire.ts';
import type { RunningServer } from '../src/server.ts';
import { temporaryDir } from './temporary.ts';

const log = (): void => {};

describe('the embedded MongoDB', () => {
  test('has what it answered for after a kill, over the same directory and port', async () => {
    const server = await obtainMongo(log, { url: undefined });
    if (!('binary' in server)) throw new Error('a binary was expected');
    const options = { binary: server.binary, dir: await temporaryDir(), port: await freePort(), log };
    const first = await startMongo(options);
    const documents = [{ _id: 1, n: 42 }];
    const writeConcern = { w: 'majority', j: true };
    expect(await mongoCommand(options.port, { insert: 't', documents, writeConcern })).toMatchObject({
      ok: 1,
    });
    await killed(first);

    const second = await startMongo(options);
    expect(second.url).toBe(first.url);
    const found = await mongoCommand(options.port, { find: 't', filter: { _id: 1 } });
    expect(found).toMatchObject({ cursor: { firstBatch: { 0: { n: 42 } } } });
    await second.stop();
    expect((await second.exited).signal).not.toBe('SIGKILL');
  });

  test('fails with its last lines when it cannot use its directory', async () => {
    const binary = '/bin/false';
    await expect(
      startMongo({ binary, dir: await temporaryDir(), port: await freePort(), log }),
    ).rejects.toThrow(/mongodb ended \(status 1\) before it was ready/);
  });
});

describe('the embedded NATS', () => {
  test('has its streams after a kill, over the same directory and port', async () => {
    const server = await obtainNats(log, { url: undefined });
    if (!('binary' in server)) throw new Error('a binary was expected');
    const options = { binary: server.binary, dir: await temporaryDir(), port: await freePort(), log };
    const first = await startNats(options);
    const stream = JSON.stringify({ name: 'S', subjects: ['s.>'] });
    await natsRequest(options.port, '$JS.API.STREAM.CREATE.S', stream);
    expect(await natsRequest(options.port, 's.one', 'hello')).toMatchObject({ stream: 'S', seq: 1 });
    await killed(first);

    const second = await startNats(options);
    expect(await natsRequest(options.port, '$JS.API.STREAM.INFO.S', '')).toMatchObject({
      config: { name: 'S' },
    });
    await second.stop();
    expect((await second.exited).signal).not.toBe('SIGKILL');
  });
});

async function killed(server: RunningServer): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  expect((await server.exited).signal).toBe('SIGKILL');
}
