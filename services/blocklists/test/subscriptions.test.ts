// A subscription makes the entries of its source equal to a remote list, costs nothing while that stays as it is, and does no harm
// whatever the host answers. Replicas share the work.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import type { Subscription } from '@egg/contract/types/blocklists';
import { names, startListServer } from './list-server.ts';
import { LEASE_MS, Replica, testStates } from './subscriptions-stage.ts';

vi.setConfig({ testTimeout: 60_000 });
const { database, state, makeDue } = await testStates();
const host = await startListServer();
const first = await Replica.open(database, { limits: { idleMs: 1500 } });
const second = await Replica.open(database, { limits: { idleMs: 1500 } });
afterAll(async () => {
  await first.close();
  await second.close();
});

const until = (check: () => Promise<void> | void): Promise<void> =>
  vi.waitFor(check, { timeout: 15_000, interval: 50 });

let added = 0;

/** Adds a subscription to a path of the host and waits for its first fetch. */
async function subscribe(
  path: string,
  more: Partial<Subscription> = {},
): Promise<{ id: number; name: string }> {
  const name = `list-${++added}`;
  const { id } = await first.call('Add', { name, url: `${host.url}${path}`, ...more });
  await until(async () => expect((await first.show(id)).status).not.toBe('never'));
  return { id, name };
}

const refresh = (id: number, more: object = {}): Promise<Subscription> =>
  first.call('Refresh', { id, ...more });

test('a list becomes the entries of its source at once, and what the fetch did is shown', async () => {
  host.list('/first', 'a.example.org\nb.example.org\n||not a name^\n', { etag: '"1"' });
  const { id, name } = await subscribe('/first');
  expect(await first.show(id)).toMatchObject({
    name,
    status: 'ok',
    fetching: false,
    etag: '"1"',
    last_result: { added: 2, existing: 0, removed: 0, refused: 1, entries: 2, errors: [{ line: 3 }] },
  });
  expect(await second.entries(name)).toEqual(['a.example.org', 'b.example.org']);
  expect((await first.show(id)).next_fetch_at?.getTime()).toBeGreaterThan(Date.now() + 86_000_000);
});

test('a list that grows and shrinks is followed, by as little as has changed', async () => {
  host.list('/moving', 'a.moving.org\nb.moving.org\n');
  const { id, name } = await subscribe('/moving');
  host.list('/moving', 'b.moving.org\nc.moving.org\n');
  expect(await refresh(id)).toMatchObject({
    status: 'ok',
    last_result: { added: 1, existing: 1, removed: 1, entries: 2 },
  });
  expect(await first.entries(name)).toEqual(['b.moving.org', 'c.moving.org']);
});

test('whatever list comes after whatever list, the entries are those of the last one, and the numbers are right', async () => {
  host.list('/random', 'n0.random.org\n');
  const { id, name } = await subscribe('/random');
  let before = new Set(['n0.random.org']);
  for (let round = 1; round <= 8; round++) {
    const list = Array.from({ length: 60 }, (_, index) => `n${index}.random.org`).filter(
      () => Math.random() < 0.5,
    );
    host.list('/random', list.join('\n'));
    const shown = await [first, second][round % 2]?.call('Refresh', { id });
    expect(shown?.last_result).toMatchObject({
      added: list.filter((one) => !before.has(one)).length,
      removed: [...before].filter((one) => !list.includes(one)).length,
      entries: list.length,
    });
    expect(await first.entries(name)).toEqual(list.sort());
    before = new Set(list);
  }
});

test('an entry that another source has too stays when the list drops it', async () => {
  host.list('/shared', 'a.shared.org\nb.shared.org\n');
  const { id } = await subscribe('/shared');
  const other = await subscribe('/shared');
  host.list('/shared', 'b.shared.org\n');
  await refresh(id);
  expect(await first.entries(other.name)).toEqual(['a.shared.org', 'b.shared.org']);
});

test('an answer that says nothing new costs no commit: by its tag, by its date, by its content', async () => {
  host.list('/tag', names(3), { etag: '"x"' });
  host.answer('/date', ({ headers }, response) => {
    const head = { 'content-type': 'text/plain', 'last-modified': 'Wed, 21 Oct 2026 07:28:00 GMT' };
    if (headers['if-modified-since'] === head['last-modified']) response.writeHead(304).end();
    else response.writeHead(200, head).end(names(3));
  });
  host.list('/content', names(3));
  for (const path of ['/tag', '/date', '/content']) {
    const { id } = await subscribe(path);
    await first.domains.follow();
    const [domains, table] = [first.domains.revision, first.table.revision];
    expect(await refresh(id)).toMatchObject({ status: 'unchanged', last_result: { added: 3 } });
    expect(host.count(path)).toBe(2);
    await first.domains.follow();
    await first.table.follow();
    expect([first.domains.revision, first.table.revision]).toEqual([domains, table]);
  }
});

test('entries that were changed by hand come back with force, and not without', async () => {
  host.list('/forced', 'a.forced.org\nb.forced.org\n', { etag: '"f"' });
  const { id, name } = await subscribe('/forced');
  await first.domains.act<number>({
    items: [[...(await idsOf(name))]],
    verb: 'deleted',
    origin: { actor: 'tester', from: '', requestId: 'r' },
    deadline: Infinity,
    needs: (one) => ({ ids: [one] }),
    decide: (view, one) => void view.remove(view.existing(one)),
  });
  expect(await refresh(id)).toMatchObject({ status: 'unchanged' });
  expect(await first.entries(name)).toEqual([]);
  expect(await refresh(id, { force: true })).toMatchObject({ status: 'ok' });
  expect(await first.entries(name)).toEqual(['a.forced.org', 'b.forced.org']);
});

async function idsOf(source: string): Promise<number[]> {
  const ids: number[] = [];
  for await (const rows of first.domains.scan({ sources: source })) ids.push(...rows.map(({ id }) => id));
  return ids;
}

test('whatever a host answers in place of a list is shown and changes nothing', async () => {
  host.list('/bad', names(200));
  const { id, name } = await subscribe('/bad');
  const good = await first.entries(name);
  await first.domains.follow();
  const { revision } = first.domains;
  const answers: Record<string, Parameters<typeof host.answer>[1]> = {
    'the answer was cut in the middle': (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100000' });
      response.write(names(150), () => response.destroy());
    },
    'the answer is text/html, which is no list': (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please log in</html>'),
    'the host answered 503': (_, response) => response.writeHead(503).end(),
    'the list is larger than 64 MiB': (_, response) =>
      response.writeHead(200, { 'content-length': String(200 * 1024 * 1024) }).flushHeaders(),
    'the list is empty': (_, response) => response.end('# nothing here\n'),
    'more than half of the lines are refused': (_, response) =>
      response.end(`${names(100)}${'<p>please log in</p>\n'.repeat(101)}`),
    'the answer stood still in the middle': (_, response) => void response.writeHead(200).write('a.org\n'),
  };
  let failures = 0;
  for (const [reason, answer] of Object.entries(answers)) {
    host.answer('/bad', answer);
    const shown = await refresh(id);
    expect(shown).toMatchObject({ status: 'failed', last_result: { entries: 200 } });
    expect(shown.last_error).toContain(reason);
    failures++;
    const wait = (shown.next_fetch_at?.getTime() ?? 0) - Date.now();
    const seconds = Math.min(300 * 2 ** (failures - 1), 86_400);
    expect(wait).toBeGreaterThan((seconds - 5) * 1000);
    expect(wait).toBeLessThanOrEqual(seconds * 1.1 * 1000);
  }
  await first.domains.follow();
  expect(first.domains.revision).toBe(revision);
  expect(await first.entries(name)).toEqual(good);
  host.list('/bad', names(200, 1));
  const well = await refresh(id);
  expect(well).toMatchObject({ status: 'ok', last_result: { added: 1, removed: 1 } });
  expect(well.last_error).toBeUndefined();
});

test('a list that shrinks by more than half is held back until somebody lets it in', async () => {
  host.list('/shrink', names(200, 1000));
  const { id, name } = await subscribe('/shrink');
  await expect(first.call('Accept', { id })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  host.list('/shrink', names(60, 1000));
  await first.domains.follow();
  const { revision } = first.domains;
  expect(await refresh(id)).toMatchObject({
    status: 'held',
    held: { added: 0, removed: 140, entries: 60 },
    last_result: { entries: 200 },
  });
  expect((await refresh(id)).status).toBe('held');
  expect(await first.entries(name)).toHaveLength(200);
  await first.domains.follow();
  expect(first.domains.revision).toBe(revision);
  // A list that says when it was made differs by a line each time; it is the held one all the same.
  host.list('/shrink', `# made just now\n${names(59, 1000)}`);
  const accepted = await second.call('Accept', { id });
  expect(accepted).toMatchObject({ status: 'ok', last_result: { removed: 141, entries: 59 } });
  expect(accepted.held).toBeUndefined();
  expect(await first.entries(name)).toHaveLength(59);
});

test('a held update is forgotten when the list is in order again', async () => {
  host.list('/back', names(200, 2000), { etag: '"whole"' });
  const { id, name } = await subscribe('/back');
  host.list('/back', names(10, 2000), { etag: '"rest"' });
  expect((await refresh(id)).status).toBe('held');
  host.list('/back', names(200, 2000), { etag: '"whole"' });
  const shown = await refresh(id);
  expect(shown.status).toBe('unchanged');
  expect(shown.held).toBeUndefined();
  expect(await first.entries(name)).toHaveLength(200);
});

test('another url or format is fetched at once, and what is not enabled is not', async () => {
  host.list('/format', '0.0.0.0 a.format.org\n');
  host.list('/moved', 'b.format.org\n');
  const { id, name } = await subscribe('/format', { format: 'plain' });
  expect((await first.show(id)).status).toBe('failed');
  await second.call('Update', { id, format: 'hosts' });
  await until(async () => expect(await first.entries(name)).toEqual(['a.format.org']));
  await first.call('Update', { id, url: `${host.url}/moved`, format: 'auto' });
  await until(async () => expect(await first.entries(name)).toEqual(['b.format.org']));
  await first.call('Update', { id, enabled: false });
  await until(async () => expect((await first.show(id)).next_fetch_at).toBeUndefined());
  expect(await refresh(id)).toMatchObject({ status: 'unchanged' });
  expect((await first.show(id)).next_fetch_at).toBeUndefined();
  expect(await first.entries(name)).toEqual(['b.format.org']);
});

test('a change during a fetch ends it, and the new list is what counts', async () => {
  host.answer('/slow', (_, response) => void response.writeHead(200).write('a.slow.org\n'));
  host.list('/quick', 'a.quick.org\n');
  const name = `list-${++added}`;
  const { id } = await first.call('Add', { name, url: `${host.url}/slow` });
  await until(async () => expect((await first.show(id)).fetching).toBe(true));
  await second.call('Update', { id, url: `${host.url}/quick` });
  await until(async () => expect(await first.entries(name)).toEqual(['a.quick.org']));
  await until(async () => expect(await state(id)).toMatchObject({ fetches: 1, status: 'ok' }));
});

test('with two replicas each due fetch is made once', async () => {
  const ids: number[] = [];
  for (let index = 0; index < 12; index++) {
    host.list(`/once-${index}`, `a${index}.once.org\n`);
    ids.push((await subscribe(`/once-${index}`)).id);
  }
  const before = [...first.results, ...second.results].length;
  for (let round = 2; round <= 4; round++) {
    await Promise.all(ids.map(makeDue));
    await until(async () => {
      for (const id of ids) expect((await state(id))?.fetches).toBe(round);
    });
  }
  for (const index of ids.keys()) expect(host.count(`/once-${index}`)).toBe(4);
  expect([...first.results, ...second.results].length - before).toBe(36);
});

test('never more than two at a time are fetched by one process', async () => {
  let underWay = 0;
  let most = 0;
  for (let index = 0; index < 8; index++) {
    host.answer(`/narrow-${index}`, (_, response) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        response.end(`a${index}.narrow.org\n`);
      }, 100);
    });
    await first.call('Add', { name: `narrow-${index}`, url: `${host.url}/narrow-${index}` });
  }
  await until(() => {
    for (let index = 0; index < 8; index++) expect(host.count(`/narrow-${index}`)).toBe(1);
  });
  // Two replicas are here.
  expect(most).toBeLessThanOrEqual(4);
});

test('the claim of a replica that died is taken over', async () => {
  host.list('/dead', names(3, 3000));
  const { id } = await subscribe('/dead');
  const now = Date.now();
  const { version = 0 } = (await state(id)) ?? {};
  // What a replica leaves that dies in the middle: a claim that nobody renews, and no word of what the entries are.
  await database.collection<{ _id: number }>('subscription_state').updateOne(
    { _id: id },
    {
      $set: {
        claim: 'dead',
        due_at: new Date(now + LEASE_MS),
        next_fetch_at: new Date(now),
        version: version + 1,
      },
      $unset: { sha256: 1, etag: 1 },
    },
  );
  expect((await first.show(id)).fetching).toBe(true);
  await until(async () => expect(await state(id)).toMatchObject({ fetches: 2, status: 'ok' }));
  expect(Date.now() - now).toBeGreaterThanOrEqual(LEASE_MS);
  expect((await state(id))?.claim).toBeUndefined();
});

test('a refresh that takes longer than its caller waits says so and goes on', async () => {
  host.answer('/long', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).write('a.long.org\n');
    setTimeout(() => response.end(), 1200);
  });
  const { id } = await subscribe('/long');
  expect(await first.call('Refresh', { id }, 1300)).toMatchObject({ status: 'ok', fetching: true });
  await until(async () => expect((await first.show(id)).status).toBe('unchanged'));
});

test('a deleted subscription takes its entries with it, or leaves them', async () => {
  host.list('/gone', names(5, 4000));
  const gone = await subscribe('/gone');
  const kept = await subscribe('/gone');
  await second.call('Delete', { id: gone.id });
  expect(await first.entries(gone.name)).toEqual([]);
  expect(await first.entries(kept.name)).toHaveLength(5);
  await first.call('Delete', { id: kept.id, keep_entries: true });
  await delay(500);
  expect(await first.entries(kept.name)).toHaveLength(5);
  await expect(first.call('List', { id: kept.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(first.call('Refresh', { id: kept.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('the log names each subscription that is fetched, and shows nothing of its url', async () => {
  host.list('/keyed?token=s3cret', 'a.keyed.org\n');
  const { id, name } = await subscribe('/keyed?token=s3cret');
  host.answer('/keyed?token=s3cret', (_, response) =>
    response.writeHead(302, { location: 'ftp://s3cret' }).end(),
  );
  expect(await refresh(id)).toMatchObject({ status: 'failed' });
  const lines = [...first.lines, ...second.lines];
  expect(lines.filter((line) => line.includes(`"subscription":"${name}"`))).toHaveLength(2);
  expect(lines.join('\n')).not.toContain('s3cret');
});

test('a subscription that was just deleted and is added again under its name has its entries', async () => {
  host.list('/again', names(300, 5000));
  const { id, name } = await subscribe('/again');
  const deleted = first.call('Delete', { id }, 1500);
  await until(async () => expect(await first.table.get(id)).toBeUndefined());
  const again = await second.call('Add', { name, url: `${host.url}/again` });
  await deleted;
  await until(async () => expect((await first.show(again.id)).status).toBe('ok'));
  expect(await first.entries(name)).toHaveLength(300);
});

test('what was committed while nobody followed is found at the start', async () => {
  host.list('/later', 'a.later.org\n');
  const { id, name } = await subscribe('/later');
  await second.running.stop();
  await first.running.stop();
  const { id: other } = await first.table
    .submit({
      origin: { actor: 'tester', from: '', requestId: 'r' },
      deadline: Infinity,
      ids: [id],
      decide: (view) => {
        view.remove(view.existing(id));
        view.add({
          name: 'while-away',
          url: `${host.url}/later`,
          format: 'auto',
          refresh_seconds: 3600,
          enabled: true,
        });
        return { verb: 'updated' };
      },
    })
    .then(({ commit }) => ({ id: commit?.changes[1]?.id ?? 0 }));
  const third = await Replica.open(database);
  await until(async () => expect((await third.show(other)).status).toBe('ok'));
  await until(async () => expect(await third.entries(name)).toEqual([]));
  expect(await third.entries('while-away')).toEqual(['a.later.org']);
  await third.close();
});
