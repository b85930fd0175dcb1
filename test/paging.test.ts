// Pages of a list while it is written to: a record that stays is shown once, wherever the page is and whatever comes and goes.

import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { byCallers, type DomainEntry, type HttpClient, readList, sorted, startStack } from '@egg/testing';

const { http } = await startStack();
const COUNT = 2000;
/** Of a machine that does much else. */
const LIMIT_MS = 120_000;
const staying = new Map<number, DomainEntry>();

beforeAll(async () => {
  const names = Array.from({ length: COUNT }, (_, index) => `page-${index}.example`);
  const added = await byCallers(64, names, (domain) => http.post<DomainEntry>('/domain/add', { domain }));
  for (const { body } of added) staying.set(body.data.id, body.data);
}, LIMIT_MS);

/** Adds and deletes domains until it is told to stop, or the test is over. Answers with how many. */
function churn(client: HttpClient, name: string): { stop(): Promise<number> } {
  let stopped = false;
  const run = async (): Promise<number> => {
    for (let count = 1; ; count++) {
      const { body } = await client.post<DomainEntry>('/domain/add', { domain: `${name}-${count}.example` });
      await client.post('/domain/delete', { id: body.data.id });
      if (stopped) return count;
    }
  };
  const running = run();
  running.catch(() => undefined);
  const stop = (): Promise<number> => {
    stopped = true;
    return running;
  };
  onTestFinished(async () => {
    await stop().catch(() => undefined);
  });
  return { stop };
}

async function pages(query: string, limit: number): Promise<number[]> {
  const ids: number[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await http.get<DomainEntry[]>(
      `/domain/list?limit=${limit}${query}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    expect(body.status).toBe(0);
    expect(body.data.length).toBeLessThanOrEqual(limit);
    ids.push(...body.data.map(({ id }) => id));
    cursor = body.next_cursor;
  } while (cursor !== undefined);
  return ids;
}

test.each([
  ['&sort=id', 100],
  ['&sort=-id', 100],
  ['', 17],
])(
  'pages by "%s" of %i show all that stays, once and in order, while others come and go',
  async (query, limit) => {
    const writers = Array.from({ length: 8 }, (_, index) => churn(http, `churn-${limit}-${index}`));
    const ids = await pages(query, limit);
    for (const writer of writers) expect(await writer.stop()).toBeGreaterThan(0);
    const descending = query.includes('-id');
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => (descending ? b - a : a - b)));
    const kept = ids.filter((id) => staying.has(id)).sort((a, b) => a - b);
    expect(kept).toEqual([...staying.keys()].sort((a, b) => a - b));
  },
);

test(
  'a list at a revision is the same, page by page, whatever is written since',
  async () => {
    const { body } = await http.get<{ value: number }[]>('/counter/list?field=counter_for_domain');
    const revision = body.data[0]?.value ?? 0;
    const then = await readList(http, '/domain/list');
    const writer = churn(http, 'since');
    const some = [...staying.keys()].filter((id) => id % 10 === 0);
    await byCallers(16, some, (id) => http.post('/domain/update', { id, comment: 'changed since' }));
    await byCallers(16, some.slice(0, 50), (id) => http.post('/domain/delete', { id }));
    for (const id of some.slice(0, 50)) staying.delete(id);
    expect(sorted(await readList(http, '/domain/list', { revision }))).toEqual(sorted(then));
    await writer.stop();
  },
  LIMIT_MS,
);

test('a total is exact, and a filter and a piece of a name select', async () => {
  const list = await readList(http, '/domain/list');
  const { body } = await http.get<DomainEntry[]>('/domain/list?limit=5');
  expect(body).toMatchObject({ total: list.size, total_exact: true });
  await http.post('/domain/add', { domain: 'allowed.example', action: 'allow' });
  const allowed = await http.get<DomainEntry[]>('/domain/list?action=allow');
  expect(allowed.body.data.map(({ domain }) => domain)).toEqual(['allowed.example']);
  const found = await readList(http, '/domain/list', { q: 'PAGE-12'.toLowerCase() });
  const wanted = [...list.values()].filter(({ domain }) => domain.includes('page-12'));
  expect(sorted(found)).toEqual(sorted(new Map(wanted.map((row) => [row.id, row]))));
});

test('a cursor of another query, or no cursor at all, is refused by its name', async () => {
  const { body } = await http.get<DomainEntry[]>('/domain/list?limit=5');
  for (const query of [`cursor=${body.next_cursor}&sort=-id`, 'cursor=nonsense', 'cursor=']) {
    const refused = await http.get(`/domain/list?limit=5&${query}`);
    expect([refused.httpStatus, refused.body.errors?.[0]?.field], query).toEqual([400, 'cursor']);
  }
});
