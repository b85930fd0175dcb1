// A list of a million names imported while checks are asked, killed in the middle, and sent again.

import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';

const NAMES = 1_000_000;
/** Where the service is killed: in the middle of the import, as its counter tells. */
const KILL_AT = 300;
const stack = await startStack();

const nameOf = (index: number): string => `n${index}.m${index % 997}.example.com`;

function* list(): Generator<Buffer> {
  const piece = 1000;
  for (let at = 0; at < NAMES; at += piece) {
    yield Buffer.from(Array.from({ length: piece }, (_, index) => `${nameOf(at + index)}\n`).join(''));
  }
}

async function send(): Promise<{
  status: number;
  data?: { added: number; existing: number; refused: number };
}> {
  const url = `${stack.http.url}/domain/import?source=big&format=plain`;
  const body = Readable.toWeb(Readable.from(list())) as ReadableStream<Uint8Array>;
  const answer = await fetch(url, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'content-type': 'text/plain' },
  });
  return (await answer.json()) as Awaited<ReturnType<typeof send>>;
}

async function post(path: string, body: object): Promise<{ status: number; data?: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${stack.http.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
  });
  return (await answer.json()) as { status: number; data?: unknown };
}

async function counter(): Promise<number> {
  const answer = await fetch(`${stack.http.url}/counter/list?field=counter_for_domain`);
  const { data } = (await answer.json()) as { data?: { value: number }[] };
  return data?.[0]?.value ?? 0;
}

/** Asks for names that are blocked from the start, and for ones that never are, until `over`. Answers with how often. */
async function askUntil(over: Promise<unknown>): Promise<number> {
  let asked = 0;
  const ended = over.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([ended, Promise.resolve(false)]))) {
    const answer = await post('/domain/check', { domains: ['a.blocked.example.net', 'never.example.net'] });
    if (answer.status !== 0) continue;
    expect(answer.data).toMatchObject([{ blocked: true }, { blocked: false }]);
    asked++;
  }
  return asked;
}

test('a million names go in, killed in the middle and sent again, and every answered check is right meanwhile', async () => {
  expect(await post('/domain/add', { domain: 'blocked.example.net' })).toMatchObject({ status: 0 });
  const broken = send();
  const first = askUntil(broken);
  await expect.poll(counter, { timeout: 120_000, interval: 50 }).toBeGreaterThan(KILL_AT);
  await stack.kill('blocklists-1');
  expect((await broken).status, 'an import whose service died does not look done').toBe(1);
  const asked = await first;
  await stack.restart('blocklists-1');
  await expect.poll(counter, { timeout: 30_000 }).toBeGreaterThanOrEqual(KILL_AT);

  const again = send();
  const [second, { data }] = await Promise.all([askUntil(again), again]);
  expect(data?.refused).toBe(0);
  expect(data?.existing).toBeGreaterThanOrEqual((KILL_AT - 5) * 1000);
  expect((data?.added ?? 0) + (data?.existing ?? 0)).toBe(NAMES);
  const third = await send();
  expect(third.data).toMatchObject({ added: 0, existing: NAMES });
  const sample = Array.from({ length: 1000 }, (_, index) => nameOf(index * 1000 + 7));
  const { data: verdicts } = await post('/domain/check', { domains: sample });
  expect((verdicts as { blocked: boolean }[]).every(({ blocked }) => blocked)).toBe(true);
  console.log(`checks answered meanwhile: ${asked} before the kill, ${second} after it`);
});
