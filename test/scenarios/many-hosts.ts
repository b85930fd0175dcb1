// Many hosts that check in through one gateway at once: each is answered and known afterwards, and the list pages over them.

import { afterAll, expect } from 'vitest';
import { loadContract } from '@egg/contract';
import type { Host } from '@egg/contract/types/eggs';
import { Credentials } from '@egg/service';
import { type Database, declareTable } from '@egg/store';
import { quiet, type Stack } from '@egg/testing';
import { checkIn, databaseOf, enrol, enrolmentToken, type HostRecord } from './hosts.ts';

const LANES = 64;
const LABELS = 10;

export interface Measured {
  readonly checkInSeconds: number;
  readonly pageMs: readonly number[];
}

/** Makes them, some by enrolment and the others as a replica would, and has all check in. Throws where one is lost. */
export async function checkInMany(
  stack: Stack,
  { enrolled, made }: { enrolled: number; made: number },
): Promise<Measured> {
  const { http } = stack;
  const database = await databaseOf(stack);
  const token = await enrolmentToken(http, 'rollout');
  const secrets = await makeHosts(database, made);
  await each(Array.from({ length: enrolled }), async (_, index) => {
    secrets.push((await enrol(http, token, `enrolled-${index}`)).token);
  });
  const held = async (): Promise<number> =>
    database.collection('credentials').countDocuments({ role: 'host', pending: { $exists: false } });
  await expect.poll(held, { timeout: 60_000, interval: 250 }).toBe(secrets.length);

  const refused: string[] = [];
  const startedMs = performance.now();
  await each(secrets, async (secret, index) => {
    const eggs = [{ egg: 'agent', version: `1.${index % 4}.0` }];
    const blocked = { domains: [{ domain: 'many.example', count: 1 }] };
    const { body, text } = await checkIn(http, secret, { eggs, blocked });
    if (body.status !== 0) refused.push(text);
  });
  const checkInSeconds = (performance.now() - startedMs) / 1000;
  expect(refused).toEqual([]);

  const { ids, pageMs } = await listOnline(stack);
  expect(ids.size).toBe(secrets.length);
  const labelled = await http.get<HostRecord[]>('/host/list?label=lane%3D3&limit=1000');
  expect(labelled.body.data).toHaveLength(made / LABELS);
  const stats = async () => (await http.get<{ count: number }[]>('/stats/list?name=many.example')).body.data;
  await expect.poll(stats, { timeout: 10_000 }).toMatchObject([{ count: secrets.length }]);
  return { checkInSeconds, pageMs };
}

async function listOnline({ http }: Stack): Promise<{ ids: Set<number>; pageMs: number[] }> {
  const ids = new Set<number>();
  const pageMs: number[] = [];
  for (let cursor: string | undefined; ;) {
    const startedMs = performance.now();
    const query = `status=online&egg=agent&limit=1000${cursor === undefined ? '' : `&cursor=${cursor}`}`;
    const { body } = await http.get<HostRecord[]>(`/host/list?${query}`);
    pageMs.push(performance.now() - startedMs);
    for (const { id } of body.data) ids.add(id);
    cursor = body.next_cursor;
    if (cursor === undefined) return { ids, pageMs };
  }
}

/** Does something for each, some at a time. */
async function each<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  const left = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Hosts with secrets, as one more replica would make them that enrols many. */
async function makeHosts(database: Database, count: number): Promise<string[]> {
  const credentials = new Credentials(database);
  const hosts = declareTable<Host, object, { id: number }>(loadContract(), 'hosts');
  const { table } = await hosts.open({ database, log: quiet });
  afterAll(() => table.close());
  const secrets: string[] = [];
  await each(Array.from({ length: count }), async (_, index) => {
    const name = `made-${index}`;
    const { key, secret } = await credentials.issue({ role: 'host', name });
    await table.submit({
      origin: { actor: 'test', from: '', requestId: '' },
      deadline: Date.now() + 30_000,
      decide: (view) => {
        const labels = { lane: String(index % LABELS) };
        const fields = { name, platform: 'linux/amd64', labels, address: '', token_key: key };
        view.add({ ...fields, enrolled_at: view.at } as unknown as Host);
        return { verb: 'enrolled' };
      },
    });
    secrets.push(secret);
  });
  return secrets;
}
