// A list is fetched whole or not at all, within limits, and from nowhere that it must not be fetched from.

import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type RefuseAddress, refuseSpecialAddress } from '../src/subscriptions/addresses.ts';
import { download, type Download, type Validators } from '../src/subscriptions/download.ts';
import { type Resolve, resolveBySystem } from '../src/subscriptions/hop.ts';
import { FETCH_LIMITS, type FetchLimits } from '../src/subscriptions/time-limits.ts';
import { startListServer } from './list-server.ts';

const MIB = 1024 * 1024;
const server = await startListServer();
const any: RefuseAddress = () => undefined;

interface Asked {
  readonly refuse?: RefuseAddress;
  readonly resolve?: Resolve;
  readonly limits?: Partial<FetchLimits>;
  readonly validators?: Validators;
}

function fetchUrl(url: string, asked: Asked = {}): Promise<Download> {
  const { refuse = any, resolve = resolveBySystem, limits = {}, validators } = asked;
  return download({
    url,
    ways: { refuse, resolve },
    limits: { ...FETCH_LIMITS, ...limits },
    signal: new AbortController().signal,
    ...(validators && { validators }),
  });
}

const fetchPath = (path: string, asked?: Asked): Promise<Download> => fetchUrl(`${server.url}${path}`, asked);

async function textOf(found: Download): Promise<string> {
  if (found.kind !== 'list') throw new Error(found.kind);
  const pieces: Uint8Array[] = [];
  for await (const piece of found.content.read()) pieces.push(piece);
  await found.content.close();
  return Buffer.concat(pieces).toString();
}

test('a list comes whole, with what the host says of it', async () => {
  const modified = 'Wed, 21 Oct 2026 07:28:00 GMT';
  server.list('/whole', 'a.example.org\n', { etag: '"1"', 'last-modified': modified });
  const found = await fetchPath('/whole');
  expect(found).toMatchObject({ validators: { etag: '"1"', last_modified: modified } });
  expect(await textOf(found)).toBe('a.example.org\n');
  expect(await fetchPath('/whole', { validators: { etag: '"1"' } })).toEqual({ kind: 'unchanged' });
});

test('a host that answers 304 to a question without conditions has failed', async () => {
  server.answer('/304', (_, response) => response.writeHead(304).end());
  await expect(fetchPath('/304')).rejects.toThrow('the host answered 304');
});

const CODINGS = {
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  zstd: zstdCompressSync,
} as const;

describe.each(Object.entries(CODINGS))('compressed by %s', (coding, compress) => {
  const text = Array.from({ length: 20_000 }, (_, index) => `n${index * 7919}.example.org\n`).join('');
  const head = { 'content-type': 'text/plain', 'content-encoding': coding };

  test('a list comes as it was', async () => {
    server.answer(`/${coding}`, (_, response) => response.writeHead(200, head).end(compress(text)));
    expect(await textOf(await fetchPath(`/${coding}`))).toBe(text);
  });

  test('a list that ends in the middle, though its answer is whole, has failed', async () => {
    const half = compress(text).subarray(0, -20);
    server.answer(`/${coding}-half`, (_, response) => response.writeHead(200, head).end(half));
    await expect(fetchPath(`/${coding}-half`)).rejects.toThrow('the answer was cut in the middle');
  });

  test('what is not compressed at all has failed', async () => {
    server.answer(`/${coding}-not`, (_, response) => response.writeHead(200, head).end(text));
    await expect(fetchPath(`/${coding}-not`)).rejects.toThrow('not compressed as it says');
  });

  test('a bomb stops at the limit', async () => {
    const bomb = compress(Buffer.alloc(80 * MIB, '\n'));
    expect(bomb.length).toBeLessThan(MIB);
    server.answer(`/${coding}-bomb`, (_, response) => response.writeHead(200, head).end(bomb));
    await expect(fetchPath(`/${coding}-bomb`)).rejects.toThrow('larger than 64 MiB');
  });
});

test('an answer shorter than it said has failed', async () => {
  server.answer('/cut', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' });
    response.write('a.example.org\n', () => response.destroy());
  });
  await expect(fetchPath('/cut')).rejects.toThrow('the answer was cut in the middle');
});

test('an answer in chunks that does not end has failed', async () => {
  server.answer('/chunks', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('a.example.org\n', () => response.destroy());
  });
  await expect(fetchPath('/chunks')).rejects.toThrow('the answer was cut in the middle');
});

test.each([
  ['text/html; charset=utf-8', 'the answer is text/html, which is no list'],
  ['image/png', 'the answer is image/png, which is no list'],
])('%s is no list', async (type, reason) => {
  server.answer('/type', (_, response) => response.writeHead(200, { 'content-type': type }).end('<html>'));
  await expect(fetchPath('/type')).rejects.toThrow(reason);
});

test.each(['text/plain;charset=utf-8', 'application/octet-stream', 'application/x-ndjson', 'Text/Plain'])(
  '%s is a list',
  async (type) => {
    server.answer('/good', (_, response) => response.writeHead(200, { 'content-type': type }).end('a.org\n'));
    expect(await textOf(await fetchPath('/good'))).toBe('a.org\n');
  },
);

test('a list without a type is one', async () => {
  server.answer('/untyped', (_, response) => response.end('a.org\n'));
  expect(await textOf(await fetchPath('/untyped'))).toBe('a.org\n');
});

test('an answer that never ends stops at the limit, and memory does not grow with it', async () => {
  let sent = 0;
  server.answer('/endless', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const piece = Buffer.alloc(64 * 1024, 'a.example.org\n');
    const more = (): void => {
      while (!response.destroyed && sent < 200 * MIB) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const before = process.memoryUsage().rss;
  await expect(fetchPath('/endless')).rejects.toThrow('larger than 64 MiB');
  expect(sent).toBeLessThan(100 * MIB);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
});

test('a list that says that it is too large is not begun', async () => {
  server.answer('/large', (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': String(200 * MIB) });
    response.flushHeaders();
  });
  await expect(fetchPath('/large')).rejects.toThrow('larger than 64 MiB');
});

describe('time', () => {
  test('a host that does not begin its answer is given up', async () => {
    server.answer('/silent', () => undefined);
    await expect(fetchPath('/silent', { limits: { headersMs: 150 } })).rejects.toThrow(
      'did not begin its answer in time',
    );
  });

  test('an answer that stands still is given up', async () => {
    server.answer('/still', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('a.example.org\n');
    });
    await expect(fetchPath('/still', { limits: { idleMs: 150 } })).rejects.toThrow('stood still');
  });

  test('an answer that drips is given up when all of its time is over', async () => {
    server.answer('/drip', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const drip = setInterval(() => response.write('a'), 20);
      response.once('close', () => clearInterval(drip));
    });
    const startedMs = performance.now();
    await expect(fetchPath('/drip', { limits: { idleMs: 200, totalMs: 600 } })).rejects.toThrow(
      'the fetch took longer than',
    );
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });

  test('a name that is not resolved in time is given up', async () => {
    const resolve: Resolve = () => new Promise(() => undefined);
    const limits = { connectMs: 150 };
    await expect(fetchUrl('http://slow.example.org/', { resolve, limits })).rejects.toThrow(
      'did not answer the connection in time',
    );
  });

  test('who gives up gets its own reason', async () => {
    const controller = new AbortController();
    server.answer('/aborted', () => controller.abort(new Error('enough')));
    const url = `${server.url}/aborted`;
    const ways = { refuse: any, resolve: resolveBySystem };
    await expect(download({ url, ways, limits: FETCH_LIMITS, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
  });
});

describe('redirects', () => {
  const redirect = (path: string, location: string): void =>
    server.answer(path, (_, response) => response.writeHead(302, { location }).end());

  test('are followed five times and no more', async () => {
    server.list('/hop-0', 'a.org\n');
    for (let hop = 1; hop <= 6; hop++) redirect(`/hop-${hop}`, `/hop-${hop - 1}`);
    expect(await textOf(await fetchPath('/hop-5'))).toBe('a.org\n');
    await expect(fetchPath('/hop-6')).rejects.toThrow('redirects more than 5 times');
  });

  test('that go round in a circle end', async () => {
    redirect('/circle', '/circle');
    await expect(fetchPath('/circle')).rejects.toThrow('redirects more than 5 times');
    expect(server.count('/circle')).toBe(6);
  });

  test.each([
    ['file:///etc/passwd', 'redirects to a url that is not http or https'],
    ['http://user:secret@example.org/', 'redirects to a url that has a user or password in it'],
    ['http://[', 'redirects to a url that is not a URL'],
  ])('to %s are refused', async (location, reason) => {
    redirect('/bad', location);
    await expect(fetchPath('/bad')).rejects.toThrow(reason);
  });
});

describe('addresses', () => {
  // 127.0.0.2 stands for a public host here; what may not be reached listens at 127.0.0.1.
  const onlySecond: RefuseAddress = (address) =>
    address === '127.0.0.2' ? undefined : refuseSpecialAddress(address);
  const at = (address: string) => [{ address, family: 4 }];

  test('a name that leads to this machine is not fetched', async () => {
    server.list('/secret', 'a.org\n');
    const before = server.count('/secret');
    const url = `http://lists.example.org:${server.port}/secret`;
    const asked = { refuse: refuseSpecialAddress, resolve: async () => at('127.0.0.1') };
    await expect(fetchUrl(url, asked)).rejects.toThrow(
      'lists.example.org has the address 127.0.0.1, which is not a public address (loopback)',
    );
    expect(server.count('/secret')).toBe(before);
  });

  test('a public host that redirects to this machine, by address or by name, gets nowhere', async () => {
    const publicHost = await startListServer('127.0.0.2');
    const before = server.count('/secret');
    const resolve: Resolve = async (name) => at(name === 'lists.example.org' ? '127.0.0.2' : '127.0.0.1');
    const url = `http://lists.example.org:${publicHost.port}/list`;
    for (const host of ['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]', '2130706433', 'inside.example.org']) {
      publicHost.answer('/list', (_, response) =>
        response.writeHead(302, { location: `http://${host}:${server.port}/secret` }).end(),
      );
      await expect(fetchUrl(url, { refuse: onlySecond, resolve })).rejects.toThrow('not a public address');
    }
    expect(publicHost.count('/list')).toBe(5);
    expect(server.count('/secret')).toBe(before);
  });

  test('a name that answers otherwise the second time leads only to where it was looked at', async () => {
    const publicHost = await startListServer('127.0.0.2');
    publicHost.list('/list', 'public.example.org\n');
    server.list('/list', 'secret.example.org\n');
    let asked = 0;
    const resolve: Resolve = async () => at(asked++ === 0 ? '127.0.0.2' : '127.0.0.1');
    const url = `http://lists.example.org:${publicHost.port}/list`;
    expect(await textOf(await fetchUrl(url, { refuse: onlySecond, resolve }))).toBe('public.example.org\n');
    expect(asked).toBe(1);
    await expect(fetchUrl(url, { refuse: onlySecond, resolve })).rejects.toThrow('not a public address');
  });

  test('of a name with several, only those that are public are tried', async () => {
    const publicHost = await startListServer('127.0.0.2');
    publicHost.list('/list', 'public.example.org\n');
    const resolve: Resolve = async () => [...at('127.0.0.1'), ...at('127.0.0.2')];
    const url = `http://lists.example.org:${publicHost.port}/list`;
    expect(await textOf(await fetchUrl(url, { refuse: onlySecond, resolve }))).toBe('public.example.org\n');
  });

  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '4000::1',
    'no address',
  ])('%s is refused', (address) => {
    expect(refuseSpecialAddress(address)).toMatch(/^is (?:not a public|no) address/);
  });

  test.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is taken',
    (address) => {
      expect(refuseSpecialAddress(address)).toBeUndefined();
    },
  );
});

test('a proxy of the environment is not used', async () => {
  const proxy = await startListServer();
  server.list('/direct', 'a.org\n');
  process.env['HTTP_PROXY'] = process.env['http_proxy'] = proxy.url;
  try {
    expect(await textOf(await fetchPath('/direct'))).toBe('a.org\n');
  } finally {
    delete process.env['HTTP_PROXY'];
    delete process.env['http_proxy'];
  }
});

test('an answer that is not HTTP is told as such', async () => {
  const { createServer } = await import('node:net');
  const raw = createServer((socket) => socket.end('hello\r\n\r\n'));
  raw.listen(0, '127.0.0.1');
  await once(raw, 'listening');
  const { port } = raw.address() as { port: number };
  await expect(fetchUrl(`http://127.0.0.1:${port}/`)).rejects.toThrow('the answer is not HTTP');
  raw.close();
  await expect(fetchUrl(`http://127.0.0.1:${port}/`)).rejects.toThrow('the host refused the connection');
});
