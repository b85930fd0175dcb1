// Checks over the whole way: HTTP, the gateway, two replicas of the service, and events of what expired on the bus.

import { expect, test, vi } from 'vitest';
import { type DomainEntry, readEvents, startStack, WITHIN } from '@egg/testing';

const stack = await startStack({ blocklists: 2 });
const [first, second] = stack.gateways;
if (!first || !second) throw new Error('there are two gateways');

interface Verdict {
  domain: string;
  blocked: boolean;
  by?: { id: number; domain: string; match: string; action: string };
}

test('one name gets one verdict, many get a list, and the other replica waits for the revision of a write', async () => {
  const { body } = await first.post<DomainEntry>('/domain/add', { domain: 'Ads.Example' });
  const by = { id: body.data.id, domain: 'ads.example', match: 'subdomains', action: 'block' };
  const blocked = { domain: 'www.ads.example', blocked: true, by };
  const one = { domain: 'www.ads.example', min_revision: body.data.revision };
  expect((await second.post<Verdict>('/domain/check', one)).body).toEqual({
    status: 0,
    msg: 'ok',
    data: blocked,
  });
  const domains = ['example', 'www.ads.example'];
  expect((await first.post<Verdict[]>('/domain/check', { domains })).body.data).toEqual([
    { domain: 'example', blocked: false },
    blocked,
  ]);
});

test('what cannot be checked is told by field', async () => {
  for (const [path, request, field] of [
    [
      '/domain/check',
      { domains: ['a.example', 'b.example', 'c.example', 'http://d.example/'] },
      'domains[3]',
    ],
    ['/domain/check', { domains: [] }, 'domains'],
    ['/domain/check', {}, 'domain'],
    ['/process/check', {}, 'process'],
    ['/domain/check', { domain: 'a.example', min_revision: 1_000_000 }, 'min_revision'],
  ] as const) {
    const { httpStatus, body } = await first.post(path, request);
    expect(httpStatus).toBe(400);
    expect(body.errors?.[0]?.field).toBe(field);
  }
});

test('an expiry is one commit of two replicas, and an event', async () => {
  const { body } = await first.post<DomainEntry>('/domain/add', {
    domain: 'soon.example',
    expires_at: new Date(Date.now() + 1200).toISOString(),
  });
  const counter = async (): Promise<number> =>
    (await second.get<{ value: number }[]>('/counter/list?field=counter_for_domain')).body.data[0]?.value ??
    0;
  await vi.waitFor(async () => expect(await counter()).toBe(body.data.revision + 1), WITHIN);
  const history = await second.get<{ verb: string; actor: string }[]>(`/domain/history?id=${body.data.id}`);
  expect(history.body.data.map(({ verb, actor }) => [verb, actor])).toEqual([
    ['added', 'anonymous'],
    ['expired', 'system'],
  ]);
  const gone = await first.get(`/domain/list?id=${body.data.id}`);
  expect(gone.httpStatus).toBe(404);
  const events = await readEvents(stack.bus, 'domain_block', body.data.revision + 1);
  expect(events.at(-1)?.to).toBe('domain_block.expired');
});
