// The local copy of a list: killed anywhere it is an earlier list, and it begins again where the server's history is another one.

import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Row, startStack } from '@egg/testing';
import { enrolmentToken, temporaryDirectory } from './hosts.ts';
import { type List, rowsOf, serverList, storedList } from './lists.ts';

const stack = await startStack({ eggs: 1 });
const { http } = stack;
const signal = new AbortController().signal;
const token = await enrolmentToken(http, 'lists');
const enrolment = { enrollment_token: token, name: 'lists', platform: 'linux' };
const enrolled = await http.post<{ token: string }>('/host/enroll', enrolment);
const host = { server: http.url, token: enrolled.body.data.token };

let names = 0;
const addDomain = async (): Promise<Row> =>
  (await http.post<Row>('/domain/add', { domain: `d${names++}.example` })).body.data;
/** As a check-in does that heard of a change. */
const sync = (list: List): Promise<void> => list.sync(host, -1, '', signal);
const importDomains = async (count: number): Promise<void> => {
  const text = Array.from({ length: count }, () => `0.0.0.0 d${names++}.example`).join('\n');
  const { body } = await http.post('/domain/import?format=hosts', text, { 'content-type': 'text/plain' });
  expect(body.status).toBe(0);
};

test('an empty list is a list', async () => {
  const dir = await temporaryDirectory();
  const list = await storedList(dir, 'process');
  await sync(list);
  expect([list.revision(), rowsOf(list)]).toEqual([0, []]);
  await sync(list);
  expect(rowsOf(await storedList(dir, 'process'))).toEqual([]);
});

test('a file cut off at any byte is the list at an earlier counter, and the next change is kept on top of it', async () => {
  const dir = await temporaryDirectory();
  const list = await storedList(dir, 'domain');
  const past = new Map<number, readonly Row[]>([[0, []]]);
  for (let round = 0; round < 8; round++) {
    const { id } = await addDomain();
    if (round % 2 === 1) await http.post('/domain/delete', { id: id - 1 });
    await sync(list);
    past.set(list.revision(), await serverList(http, 'domain'));
  }
  const bytes = await readFile(join(dir, 'domains.jsonl'));
  expect((await storedList(dir, 'domain')).revision()).toBe(list.revision());
  const revisions = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: bytes.length }),
      fc.uint8Array({ maxLength: 20 }),
      async (end, garbage) => {
        const torn = Buffer.concat([bytes.subarray(0, end), garbage.filter((byte) => byte !== 10)]);
        await writeFile(join(dir, 'domains.jsonl'), torn);
        const found = await storedList(dir, 'domain');
        expect(rowsOf(found)).toEqual(past.get(found.revision()));
        revisions.add(found.revision());
        await sync(found);
        expect(rowsOf(found)).toEqual(past.get(list.revision()));
        const again = await storedList(dir, 'domain');
        expect([again.revision(), rowsOf(again)]).toEqual([found.revision(), rowsOf(found)]);
      },
    ),
    { numRuns: 60 },
  );
  expect(revisions.size).toBeGreaterThan(3);
});

test('a copy of another history begins again, and so does one whose counter is ahead of the server', async () => {
  await addDomain();
  const dir = await temporaryDirectory();
  const list = await storedList(dir, 'domain');
  await sync(list);
  const file = join(dir, 'domains.jsonl');
  const [line = ''] = (await readFile(file, 'utf8')).split('\n');
  const saved = JSON.parse(line) as { log: string; to: number; added: object[] };
  const strangers = [{ id: 999_999, domain: 'stranger.example' }];
  for (const wrong of [
    { ...saved, log: 'another-history', added: strangers },
    { ...saved, to: saved.to + 1000, added: strangers },
    { ...saved, log: 'another history & more', to: saved.to + 7, added: strangers },
  ]) {
    await writeFile(file, JSON.stringify(wrong));
    const found = await storedList(dir, 'domain');
    expect(rowsOf(found)).toEqual(strangers);
    await found.sync(host, saved.to, saved.log, signal);
    expect([found.revision(), rowsOf(found)]).toEqual([saved.to, await serverList(http, 'domain')]);
    expect(rowsOf(await storedList(dir, 'domain'))).toEqual(await serverList(http, 'domain'));
  }
});

test('lines that do not follow from what is there are passed over', async () => {
  const dir = await temporaryDirectory();
  const list = await storedList(dir, 'domain');
  await sync(list);
  const strange = {
    log: 'x',
    from: list.revision(),
    to: list.revision() + 1,
    snapshot: false,
    added: [{ id: 1 }],
    removed: [],
  };
  await appendFile(join(dir, 'domains.jsonl'), `\n${JSON.stringify(strange)}\n`);
  const found = await storedList(dir, 'domain');
  expect([found.revision(), rowsOf(found)]).toEqual([list.revision(), rowsOf(list)]);
});

test('a large list is not written again for a small change, and its file does not grow without end', async () => {
  await importDomains(1200);
  const dir = await temporaryDirectory();
  const list = await storedList(dir, 'domain');
  await sync(list);
  const file = join(dir, 'domains.jsonl');
  const whole = await stat(file);
  await addDomain();
  await sync(list);
  const after = await stat(file);
  expect(after.ino).toBe(whole.ino);
  expect(after.size - whole.size).toBeLessThan(1000);
  for (let round = 0; round < 25; round++) {
    await importDomains(100);
    await sync(list);
  }
  const compact = await stat(file);
  expect(compact.ino).not.toBe(whole.ino);
  const current = await serverList(http, 'domain');
  expect(compact.size).toBeLessThan(2 * JSON.stringify(current).length);
  expect(rowsOf(await storedList(dir, 'domain'))).toEqual(current);
});
