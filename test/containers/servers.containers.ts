// The servers alone as containers, as the other tests have them where a daemon has their images; the processes are on this machine.

import { afterAll, expect, test } from 'vitest';
import { type DomainEntry, foldEvents, readEvents, readList, sorted, startStack } from '@egg/testing';
import { startContainers } from '../../packages/testing/src/containers.ts';

const said: string[] = [];
const servers = await startContainers((line) => said.push(line));
if (!servers) throw new Error(said.join('\n'));
afterAll(() => servers.stop());
const { http, bus } = await startStack({ servers });

test('what is written through the gateway is in the database and on the bus', async () => {
  for (const domain of ['one.example', 'two.example', 'three.example']) {
    expect((await http.post('/domain/add', { domain })).body).toMatchObject({ status: 0 });
  }
  expect((await http.post('/domain/delete', { id: 2 })).body).toMatchObject({ status: 0 });
  const rows = await readList(http, '/domain/list');
  expect([...rows.values()].map(({ domain }) => domain).sort()).toEqual(['one.example', 'three.example']);
  expect(sorted(foldEvents(await readEvents<DomainEntry>(bus, 'domain_block', 4)))).toEqual(sorted(rows));
});
