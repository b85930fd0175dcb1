// Subscriptions as a user of the HTTP API has them, over two replicas in processes of their own, one of which is killed.

import { describe, expect, test, vi } from 'vitest';
import {
  type Answer,
  type DomainEntry,
  type HttpClient,
  readEvents,
  readList,
  startStack,
} from '@egg/testing';
import { names, startListServer } from './list-server.ts';

interface Shown {
  readonly id: number;
  readonly revision: number;
  readonly name: string;
  readonly status?: string;
  readonly fetching?: boolean;
  readonly last_error?: string;
  readonly last_result?: { readonly added: number; readonly entries: number };
}

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
const host = await startListServer();
const until = (check: () => Promise<void>, timeout = 20_000): Promise<void> =>
  vi.waitFor(check, { timeout, interval: 100 });

describe('where private addresses are allowed', async () => {
  const stack = await startStack({ blocklists: 2, env: { EGG_SUBSCRIPTIONS_ALLOW_PRIVATE: '1' } });

  const post = <T = Shown>(path: string, body: object, at = 0): Promise<Answer<T>> =>
    (stack.gateways[at] ?? stack.http).post<T>(`/subscription/${path}`, body);
  const show = async (id: number): Promise<Shown> => {
    const { body } = await stack.http.get<Shown[]>(`/subscription/list?id=${id}`);
    return body.data[0] as Shown;
  };
  const entries = async (source: string): Promise<string[]> => {
    const rows = await readList(stack.http, '/domain/list', { source });
    return [...rows.values()].map(({ domain }) => domain).sort();
  };

  test('the life of a subscription', async () => {
    host.list('/life', 'a.life.org\nb.life.org\n', { etag: '"1"' });
    const { body } = await post('add', { name: 'life', url: `${host.url}/life` });
    expect(body.data).toMatchObject({
      id: 1,
      name: 'life',
      format: 'auto',
      refresh_seconds: 86_400,
      enabled: true,
    });
    const { id } = body.data;
    await until(async () => expect(await show(id)).toMatchObject({ status: 'ok', fetching: false }));
    expect(await entries('life')).toEqual(['a.life.org', 'b.life.org']);
    expect((await post('refresh', { id }, 1)).body.data).toMatchObject({ status: 'unchanged' });
    const { body: commits } = await stack.http.get<{ verb: string; actor: string }[]>('/domain/history?id=1');
    expect(commits.data).toMatchObject([{ verb: 'imported', actor: 'subscription life' }]);
    const { body: history } = await stack.http.get<object[]>(`/subscription/history?id=${id}`);
    expect(history.data).toHaveLength(1);
    const deleted = await post('delete', { id }, 1);
    expect(deleted.body).toMatchObject({ status: 0, data: { id, revision: 2 } });
    expect(await entries('life')).toEqual([]);
    expect((await stack.http.get(`/subscription/list?id=${id}`)).body.code).toBe('NOT_FOUND');
    const { body: changes } = await stack.http.get<object>('/subscription/changes?since=1');
    expect(changes.data).toMatchObject({ to: 2, snapshot: true, added: [] });
  });

  test('the request that asked for a fetch is named in what it changes', async () => {
    host.list('/traced', 'a.traced.org\n');
    const { body } = await stack.http.post<Shown>('/subscription/add', {
      name: 'traced',
      url: `${host.url}/traced`,
      enabled: false,
    });
    await stack.http.post('/subscription/refresh', { id: body.data.id }, { 'x-request-id': 'trace-me' });
    expect(await entries('traced')).toEqual(['a.traced.org']);
    const { body: counters } = await stack.http.get<{ value: number }[]>('/counter/list');
    const events = await readEvents(stack.bus, 'domain_block', counters.data[0]?.value ?? 0);
    expect(events.at(-1)?.event).toMatchObject({ data: { requestid: 'trace-me' } });
  });

  test.each([
    [{ url: 'http://a.example.org/' }, 'name'],
    [{ name: '', url: 'http://a.example.org/' }, 'name'],
    [{ name: 'x'.repeat(129), url: 'http://a.example.org/' }, 'name'],
    [{ name: 'manual', url: 'http://a.example.org/' }, 'name'],
    [{ name: ' a', url: 'http://a.example.org/' }, 'name'],
    [{ name: 'a\nb', url: 'http://a.example.org/' }, 'name'],
    [{ name: 'a' }, 'url'],
    [{ name: 'a', url: 'a.example.org/list.txt' }, 'url'],
    [{ name: 'a', url: 'ftp://a.example.org/' }, 'url'],
    [{ name: 'a', url: 'file:///etc/passwd' }, 'url'],
    [{ name: 'a', url: 'http://user:secret@a.example.org/' }, 'url'],
    [{ name: 'a', url: `http://a.example.org/${'x'.repeat(2048)}` }, 'url'],
    [{ name: 'a', url: 'http://a.example.org/', refresh_seconds: 59 }, 'refresh_seconds'],
    [{ name: 'a', url: 'http://a.example.org/', refresh_seconds: 2_592_001 }, 'refresh_seconds'],
    [{ name: 'a', url: 'http://a.example.org/', format: 'xml' }, 'format'],
    [{ name: 'a', url: 'http://a.example.org/', status: 'ok' }, 'status'],
  ])('%j is refused, and the field named', async (body, field) => {
    const { httpStatus, body: answer } = await post('add', body);
    expect([httpStatus, answer.code]).toEqual([400, 'INVALID_ARGUMENT']);
    expect(answer.errors?.map((one) => one.field)).toContain(field);
  });

  test('a name is taken once, and stays', async () => {
    host.list('/named', 'a.named.org\n');
    const added = await post('add', { name: 'named', url: `${host.url}/named` });
    const { id } = added.body.data;
    const again = await post('add', { name: 'named', url: `${host.url}/other` }, 1);
    expect([again.httpStatus, again.body.code]).toEqual([409, 'ALREADY_EXISTS']);
    const renamed = await post('update', { id, name: 'other' });
    expect(renamed.body.errors).toEqual([{ field: 'name', reason: 'cannot become another' }]);
    const same = await post('update', { id, name: 'named', refresh_seconds: 3600 });
    expect(same.body.data).toMatchObject({ id, refresh_seconds: 3600 });
    const bad = await post('update', { id, url: 'ftp://a.example.org/' });
    expect(bad.body.errors).toMatchObject([{ field: 'url' }]);
    expect((await post('update', { id: 999, enabled: false })).body.code).toBe('NOT_FOUND');
    for (const path of ['refresh', 'accept', 'delete']) {
      expect((await post(path, { id: 999 })).body.code).toBe('NOT_FOUND');
    }
    expect((await post('accept', { id })).body.code).toBe('FAILED_PRECONDITION');
  });

  test('a replica that is killed in the middle of an update is taken over from, and the list is whole', async () => {
    host.list('/killed', names(12_000, 100_000));
    // The other one is away for a while, so that it is known who does the update.
    await stack.kill('blocklists-2');
    const { body } = await post('add', { name: 'killed', url: `${host.url}/killed` });
    const { id } = body.data;
    await until(async () => {
      const { body: page } = await stack.http.get<DomainEntry[]>('/domain/list?source=killed&limit=1');
      expect(page.data).toHaveLength(1);
    });
    await stack.kill('blocklists-1');
    await stack.restart('blocklists-2');
    const other = stack.gateways[1] as HttpClient;
    const shown = async (): Promise<Shown | undefined> =>
      (await other.get<Shown[]>(`/subscription/list?id=${id}`)).body.data[0];
    expect(await shown()).toMatchObject({ status: 'never', fetching: true });
    await until(async () => expect(await shown()).toMatchObject({ status: 'ok', fetching: false }), 60_000);
    expect((await shown())?.last_result?.entries).toBe(12_000);
    expect(await readList(other, '/domain/list', { source: 'killed' })).toHaveProperty('size', 12_000);
  }, 120_000);
});

describe('where they are not', async () => {
  const stack = await startStack();

  test('this machine is not reached, by its address or by a name', async () => {
    host.list('/inside', 'a.inside.org\n');
    const literal = await stack.http.post('/subscription/add', { name: 'a', url: `${host.url}/inside` });
    expect(literal.body.errors).toEqual([
      {
        field: 'url',
        reason: 'has the host 127.0.0.1, which is not a public address (loopback)',
      },
    ]);
    const { body } = await stack.http.post<Shown>('/subscription/add', {
      name: 'b',
      url: `http://localhost:${host.port}/inside`,
    });
    const { body: shown } = await stack.http.post<Shown>('/subscription/refresh', { id: body.data.id });
    expect(shown.data.status).toBe('failed');
    expect(shown.data.last_error).toContain('which is not a public address (loopback)');
    expect(host.count('/inside')).toBe(0);
  });
});
