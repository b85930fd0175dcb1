// Files that a host gets: whole and as they were meant, however often the connection breaks, or not there at all.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStack } from '@egg/testing';
import { download, isSigned } from '../src/download.ts';
import { command, enrolledDirectory, enrolmentToken, temporaryDirectory } from './hosts.ts';
import { startProxy } from './proxy.ts';

const stack = await startStack({ eggs: 1 });
const { http } = stack;
const proxy = await startProxy(http.url);
const token = await enrolmentToken(http, 'downloads');
const enrolment = { enrollment_token: token, name: 'downloads', platform: 'linux' };
const own = (await http.post<{ token: string }>('/host/enroll', enrolment)).body.data.token;
const host = { server: proxy.url, token: own };

interface Uploaded {
  readonly id: number;
  readonly sha256: string;
  readonly content: Buffer;
}

const upload = async (size: number): Promise<Uploaded> => {
  const content = randomBytes(size);
  const answer = await fetch(`${http.url}/file/add?name=agent.bin`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: content,
  });
  const { data } = (await answer.json()) as { data: { id: number; sha256: string } };
  return { id: data.id, sha256: data.sha256, content };
};
const large = await upload(3_000_000);

const requests = () => proxy.seen.filter(({ url }) => url === `/file/download?id=${large.id}`);

test('a download that breaks off again and again goes on where it was, and ends as the very file', async () => {
  const path = join(await temporaryDirectory(), 'agent');
  const before = requests().length;
  const cuts = [700_001, 0, 900_000, 1];
  proxy.faults(() => {
    const cutAfter = cuts.shift();
    return cutAfter === undefined ? undefined : { cutAfter };
  });
  await download(host, large, path);
  expect((await readFile(path)).equals(large.content)).toBe(true);
  const ranges = requests()
    .slice(before)
    .map(({ headers }) => headers.range);
  expect(ranges[0]).toBeUndefined();
  expect(ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range ?? ''))).toBe(true);
  expect(requests().at(-1)?.headers['if-range']).toBe(`"${large.sha256}"`);
  expect(await readdir(join(path, '..'))).toEqual(['agent']);
});

test('a download goes on where the process before it was killed, also where only the last step was missing', async () => {
  const dir = await temporaryDirectory();
  const part = join(dir, `agent.${large.sha256.slice(0, 16)}.part`);
  proxy.faults(() => undefined);
  for (const had of [1, 1_234_567, large.content.length]) {
    await writeFile(part, large.content.subarray(0, had));
    await download(host, large, join(dir, 'agent'));
    expect(requests().at(-1)?.headers.range).toBe(`bytes=${had}-`);
    expect((await readFile(join(dir, 'agent'))).equals(large.content)).toBe(true);
  }
  expect(await readdir(dir)).toEqual(['agent']);
});

test('what was kept and is damaged, or too long, is got again from the start', async () => {
  const dir = await temporaryDirectory();
  const part = join(dir, `agent.${large.sha256.slice(0, 16)}.part`);
  for (const damaged of [Buffer.alloc(1000), Buffer.concat([large.content, Buffer.from('x')])]) {
    await writeFile(part, damaged);
    await download(host, large, join(dir, 'agent'));
    expect((await readFile(join(dir, 'agent'))).equals(large.content)).toBe(true);
  }
  expect(await readdir(dir)).toEqual(['agent']);
});

test('a file with another SHA-256 is refused, leaves nothing, and what had its name stays', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'agent'), 'the version before');
  const wrong = { id: large.id, sha256: createHash('sha256').update('another').digest('hex') };
  await expect(download(host, wrong, join(dir, 'agent'))).rejects.toThrow(
    `the file ${large.id} has the SHA-256 ${large.sha256}, not ${wrong.sha256}`,
  );
  expect(await readdir(dir)).toEqual(['agent']);
  expect(await readFile(join(dir, 'agent'), 'utf8')).toBe('the version before');
});

test('a file that is not there is refused at once, and a busy server is asked again when it says', async () => {
  const path = join(await temporaryDirectory(), 'agent');
  await expect(download(host, { ...large, id: 999_999 }, path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  let busy = 1;
  const answer = {
    status: 429,
    headers: { 'retry-after': '2' },
    body: '{"status":1,"code":"RESOURCE_EXHAUSTED"}',
  };
  proxy.faults(() => (busy-- > 0 ? { answer } : undefined));
  const begun = Date.now();
  await download(host, large, path);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(2000);
  proxy.faults(() => undefined);
});

const rawKey = (key: KeyObject): string =>
  Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');

test('a signature counts when one of the keys made it over this very file', () => {
  const [one, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const keys = [rawKey(other.publicKey), rawKey(one.publicKey)];
  const signature = sign(null, Buffer.from(large.sha256, 'hex'), one.privateKey).toString('base64');
  expect(isSigned(large.sha256, signature, keys)).toBe(true);
  expect(isSigned(large.sha256, signature, keys.slice(0, 1))).toBe(false);
  expect(isSigned(large.sha256, signature, [])).toBe(false);
  expect(isSigned(large.sha256, '', keys)).toBe(false);
  expect(isSigned('00'.repeat(32), signature, keys)).toBe(false);
  const overText = sign(null, Buffer.from(large.sha256), one.privateKey).toString('base64');
  expect(isSigned(large.sha256, overText, keys)).toBe(false);
});

test('the command gets a file, and with a key only one that is signed', async () => {
  const dir = await enrolledDirectory(token, 'by-command', http.url);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signature = sign(null, Buffer.from(large.sha256, 'hex'), privateKey).toString('base64');
  const asked = ['get', '--dir', dir, '--id', String(large.id), '--sha256', large.sha256];
  const unsigned = command(...asked, '--out', join(dir, 'unsigned'), '--key', rawKey(publicKey));
  expect([await unsigned.ended, unsigned.output()]).toEqual([1, 'no key made the signature\n']);
  const signed = command(
    ...asked,
    '--out',
    join(dir, 'signed'),
    '--key',
    rawKey(publicKey),
    '--signature',
    signature,
  );
  expect([await signed.ended, signed.output()]).toEqual([0, '']);
  expect((await readFile(join(dir, 'signed'))).equals(large.content)).toBe(true);
  expect(await readdir(dir)).toEqual(['identity.json', 'signed']);
});
