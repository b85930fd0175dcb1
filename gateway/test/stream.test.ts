// Answers that are streams: one object out of many messages, and cached where they never change.

import { afterAll, describe, expect, test } from 'vitest';
import { RpcError } from '@egg/rpc';
import { domainBlock } from './fake-channel.ts';
import { listening } from './listening.ts';

const CHANGES = '/egg.blocklists.v1.DomainBlockService/Changes';
const HEAD = { log: 'L1', from: 3, to: 9, snapshot: false };
const fake = await listening();
const { channel, url } = fake;
afterAll(() => fake[Symbol.asyncDispose]());

/** Each data is one message of the service. */
function answer(...datas: object[]): void {
  channel.on(CHANGES, async function* () {
    for (const data of datas) yield await Promise.resolve({ data });
  });
}

function changes(query = 'since=3', headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/domain/changes?${query}`, { headers });
}

describe('many messages make one object', () => {
  test('scalars of the first, then each array in the order of the proto', async () => {
    answer(
      { ...HEAD, added: [domainBlock(4), domainBlock(5)] },
      { added: [domainBlock(6)], removed: [1] },
      { removed: [2, 3] },
    );
    const reply = await changes();
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const text = await reply.text();
    expect(text).toMatch(
      /^\{"status":0,"msg":"ok","data":\{"log":"L1","from":3,"to":9,"snapshot":false,"added":\[/,
    );
    expect(JSON.parse(text)).toMatchObject({
      status: 0,
      msg: 'ok',
      data: {
        ...HEAD,
        added: [{ id: 4, created_at: '2026-01-31T12:00:00.123Z' }, { id: 5 }, { id: 6 }],
        removed: [1, 2, 3],
      },
    });
  });

  test.each([
    [[{}], [], []],
    [[{ removed: [1] }], [], [1]],
    [[{ added: [domainBlock(1)] }], [1], []],
    [[{}, {}, { removed: [1] }, {}, { removed: [2] }], [], [1, 2]],
  ])('absent arrays are empty ones: %#', async (datas, added, removed) => {
    answer(...datas.map((data, index) => (index === 0 ? { ...HEAD, ...data } : data)));
    const { data } = (await (await changes()).json()) as {
      data: { added: { id: number }[]; removed: unknown };
    };
    expect(data.added.map(({ id }) => id)).toEqual(added);
    expect(data.removed).toEqual(removed);
  });

  test('whole records stand under removed as well', async () => {
    answer({ ...HEAD }, { removed_records: [domainBlock(1)] }, { removed_records: [domainBlock(2)] });
    const { data } = (await (await changes('since=3&full=true')).json()) as { data: Record<string, unknown> };
    expect(data['removed']).toMatchObject([{ id: 1 }, { id: 2 }]);
    expect(data).not.toHaveProperty('removed_records');
  });
});

describe('a closed range never changes', () => {
  const FOR_EVER = 'private, max-age=31536000, immutable';

  test('and says so; the tag is of the history and of what was asked', async () => {
    answer({ ...HEAD });
    for (const [query, tag] of [
      ['since=3&to=9', '"L1-3-9"'],
      ['to=9&since=3&log=L1', '"L1-3-9"'],
      ['since=3&to=9&full=true', '"L1-3-9-full"'],
      ['since=3&to=9&full=false', '"L1-3-9"'],
    ] as const) {
      const reply = await changes(query);
      expect(reply.headers.get('etag')).toBe(tag);
      expect(reply.headers.get('cache-control')).toBe(FOR_EVER);
      expect(((await reply.json()) as { data: object }).data).toEqual({ ...HEAD, added: [], removed: [] });
    }
  });

  test('an open range has no tag', async () => {
    answer({ ...HEAD });
    const reply = await changes('since=3', { 'if-none-match': '*' });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('etag')).toBeNull();
    await reply.text();
  });

  test.each(['"L1-3-9"', 'W/"L1-3-9"', '"x", "L1-3-9"', '*'])('who has %s gets 304', async (tag) => {
    answer({ ...HEAD, added: [domainBlock(1)] });
    const reply = await changes('since=3&to=9', { 'if-none-match': tag });
    expect(reply.status).toBe(304);
    expect(reply.headers.get('etag')).toBe('"L1-3-9"');
    expect(reply.headers.get('cache-control')).toBe(FOR_EVER);
    expect(await reply.text()).toBe('');
  });

  test('who has another tag gets the answer', async () => {
    answer({ ...HEAD });
    expect((await changes('since=3&to=9', { 'if-none-match': '"L0-3-9"' })).status).toBe(200);
  });

  test('an error is never cached', async () => {
    channel.on(CHANGES, () => {
      throw new RpcError('OUT_OF_RANGE', 'the revision is in the future');
    });
    const reply = await changes('since=3&to=9', { 'if-none-match': '*' });
    expect(reply.status).toBe(400);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.headers.get('etag')).toBeNull();
  });
});

test('HEAD says what GET would, without reading the stream', async () => {
  let made = 0;
  channel.on(CHANGES, async function* () {
    for (; made < 10_000; made++) yield await Promise.resolve({ data: { ...HEAD, added: [domainBlock(1)] } });
  });
  const reply = await fetch(`${url}/domain/changes?since=3&to=9`, { method: 'HEAD' });
  expect(reply.status).toBe(200);
  expect(reply.headers.get('etag')).toBe('"L1-3-9"');
  expect(made).toBeLessThan(10);
});

test('a compressed stream is whole', async () => {
  channel.on(CHANGES, async function* () {
    for (let id = 1; id <= 5000; id++)
      yield await Promise.resolve({ data: { ...HEAD, added: [domainBlock(id)] } });
  });
  const reply = await changes('since=3', { 'accept-encoding': 'gzip' });
  expect(reply.headers.get('content-encoding')).toBe('gzip');
  const { data } = (await reply.json()) as { data: { added: { id: number }[] } };
  expect(data.added.map(({ id }) => id)).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
});
